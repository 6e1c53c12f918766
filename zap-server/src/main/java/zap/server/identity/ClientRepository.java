package zap.server.identity;

import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;
import org.springframework.transaction.annotation.Transactional;

/** The clients, and the numbers of those that were forgotten. */
interface ClientRepository extends CrudRepository<Client, Long> {

    /** Whether the id belongs to a client, or has belonged to one that was forgotten. */
    @Query(
            nativeQuery = true,
            value =
                    "select exists (select from client where id = :id) or exists (select from forgotten_client where id = :id)")
    boolean isTaken(long id);

    /** Whether the id has belonged to a client that was forgotten. */
    @Query(nativeQuery = true, value = "select exists (select from forgotten_client where id = :id)")
    boolean isForgotten(long id);

    /** Returns the client that registered with this key; null when none did. Of several, the newest. */
    @Query(
            nativeQuery = true,
            value = "select id from client where public_key = :key order by registered_at desc, id limit 1")
    @Nullable
    Long idWithKey(byte[] key);

    /** Deletes a client, in the transaction that is open, and notes that its id is nobody's for ever. */
    @Modifying
    @Query(nativeQuery = true, value = """
            with gone as (delete from client where id = :id returning id),
            streams as (delete from stream where client = :id),
            refusals as (delete from refusal where client = :id)
            insert into forgotten_client (id) select id from gone
            """)
    void forget(long id);

    /** Since now the client may not connect; one that may not already keeps its time. */
    @Transactional
    @Modifying
    @Query(nativeQuery = true, value = "update client set blocked_at = coalesce(blocked_at, now()) where id = :id")
    int block(long id);

    /** The client may connect. */
    @Transactional
    @Modifying
    @Query(nativeQuery = true, value = "update client set blocked_at = null where id = :id")
    int unblock(long id);

    /** How many may not connect. */
    long countByBlockedAtIsNotNull();

    /** These clients had a session on that day. */
    @Transactional
    @Modifying
    @Query("update Client c set c.lastUsed = :day where c.id in :ids and c.lastUsed < :day")
    int used(Collection<Long> ids, LocalDate day);

    /** Some clients that have had no session since that day, and that no mail waits for. */
    @Query(nativeQuery = true, value = """
            select id from client where last_used < :day and tail = given and id > :after order by id limit :most
            """)
    List<Long> abandonedSince(LocalDate day, long after, int most);

    /** The day on which a client had its last session; null when there is no such client. */
    @Query("select c.lastUsed from Client c where c.id = :id")
    @Nullable
    LocalDate lastUsed(long id);
}
