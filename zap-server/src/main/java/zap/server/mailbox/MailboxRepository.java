package zap.server.mailbox;

import jakarta.persistence.QueryHint;
import java.util.List;
import org.hibernate.jpa.HibernateHints;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.jpa.repository.QueryHints;
import org.springframework.data.repository.Repository;

/** The mailbox table. What has to be done in sets, for the writer, is in {@link MailboxSets}. */
interface MailboxRepository extends Repository<MailboxEntry, MailboxEntryId>, MailboxSets {

    /**
     * The entries that come next.
     *
     * @param after the last position that the reader already has
     */
    @QueryHints(@QueryHint(name = HibernateHints.HINT_READ_ONLY, value = "true"))
    @Query("""
            select e from MailboxEntry e
            where e.id.recipient = :recipient and e.id.position > :after
            order by e.id.position
            limit :most
            """)
    List<MailboxEntry> page(long recipient, long after, int most);
}
