package zap.server.identity;

import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;
import org.springframework.transaction.annotation.Transactional;

/** The clients, and the ids of forgotten ones. */
interface ClientRepository extends CrudRepository<Client, Long> {

    /** Returns whether the id belongs to a client, or has belonged to a forgotten one. */
    @Query(
            nativeQuery = true,
            value =
                    "select exists (select from client where id = :id) or exists (select from forgotten_client where id = :id)")
    boolean isTaken(long id);

    /** Returns whether the id has belonged to a forgotten client. */
    @Query(nativeQuery = true, value = "select exists (select from forgotten_client where id = :id)")
    boolean isForgotten(long id);

    /** Returns the client that registered with this key; null when none did. Of several, the newest. */
    @Query(
            nativeQuery = true,
            value = "select id from client where public_key = :key order by registered_at desc, id limit 1")
    @Nullable
    Long idWithKey(byte[] key);

    /** Deletes a client, in the open transaction, and reserves its id so that it is never given out again. */
    @Modifying
    @Query(nativeQuery = true, value = """
            with gone as (delete from client where id = :id returning id),
            streams as (delete from stream where client = :id),
            refusals as (delete from refusal where client = :id)
            insert into forgotten_client (id) select id from gone
            """)
    void forget(long id);

    /** Blocks a client from now on. A client that is blocked already keeps its time: "least" passes over a null. */
    @Transactional
    @Modifying
    @Query(nativeQuery = true, value = "update client set blocked_at = least(blocked_at, now()) where id = :id")
    int block(long id);

    /** Lets a client connect again. */
    @Transactional
    @Modifying
    @Query(nativeQuery = true, value = "update client set blocked_at = null where id = :id")
    int unblock(long id);

    /** Returns the number of blocked clients. */
    long countByBlockedAtIsNotNull();

    /** Notes that these clients had a session on that day. */
    @Transactional
    @Modifying
    @Query("update Client c set c.lastUsed = :day where c.id in :ids and c.lastUsed < :day")
    int used(Collection<Long> ids, LocalDate day);

    /** Returns some clients that have had no session since that day and have no waiting mail. */
    @Query(nativeQuery = true, value = """
            select id from client where last_used < :day and tail = given and id > :after order by id limit :limit
            """)
    List<Long> abandonedSince(LocalDate day, long after, int limit);

    /** Returns the day of a client's last session; null when the client does not exist. */
    @Query("select c.lastUsed from Client c where c.id = :id")
    @Nullable
    LocalDate lastUsed(long id);
}
