package zap.server.group;

import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;

/** The groups. */
interface ChatGroupRepository extends CrudRepository<ChatGroup, Long> {

    /** How many groups a client has made, those of the transaction that is open included. */
    @Query("select count(*) from GroupMember member where member.clientId = :creator and member.id.slot = 0")
    long countCreatedBy(long creator);

    /** In how many groups a client is. */
    @Query("select count(*) from GroupMember member where member.clientId = :client")
    long countWith(long client);

    /** Takes a client out of all groups, in the transaction that is open; groups without anybody are deleted. */
    @Modifying
    @Query(nativeQuery = true, value = """
            with left_seats as (delete from group_member where client_id = :client returning group_id)
            delete from chat_group g
            where g.id in (select group_id from left_seats)
              and not exists (select from group_member m where m.group_id = g.id and m.client_id <> :client)
            """)
    void removeMember(long client);
}
