package zap.server.mailbox;

import java.util.List;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** The mailbox table. What has to be done in sets, for the writer, is in {@link MailboxSets}. */
interface MailboxRepository extends Repository<MailboxEntry, MailboxEntryId>, MailboxSets {

    /** One row on its way out. */
    record Row(long position, StoredFrame frame) {
        // called by JPQL
        public Row(long position, short code, long src, long dst, long sentAt, byte[] body) {
            this(position, new StoredFrame(code, src, dst, sentAt, body));
        }
    }

    /**
     * The entries that come next.
     *
     * @param after the last position that the reader already has
     */
    @Query(
            """
            select new zap.server.mailbox.MailboxRepository$Row(e.id.position, e.code, e.src, e.dst, e.sentAt, e.body)
            from MailboxEntry e
            where e.id.recipient = :recipient and e.id.position > :after
            order by e.id.position
            limit :most
            """)
    List<Row> page(long recipient, long after, int most);
}
