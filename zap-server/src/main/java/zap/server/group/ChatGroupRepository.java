package zap.server.group;

import java.util.List;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;

/** The groups. */
interface ChatGroupRepository extends CrudRepository<ChatGroup, Long> {

    /** Returns the number of groups that a client has made, including those of the open transaction. */
    @Query("select count(*) from GroupMember member where member.clientId = :creator and member.id.slot = 0")
    long countCreatedBy(long creator);

    /** Returns the groups that a client requested in this second, including those of the open transaction. */
    @Query("""
            select chat from ChatGroup chat join chat.members creator
            where chat.requestedAt = :second and creator.clientId = :creator and creator.id.slot = 0
            """)
    List<ChatGroup> requestedBy(long creator, long second);

    /** Returns the number of groups that a client is in. */
    @Query("select count(*) from GroupMember member where member.clientId = :client")
    long countWith(long client);

    /** Returns all members of the groups that a client is in, including the client, ordered by group and seat. */
    @Query("""
            select new zap.server.group.StoredMember(member.id.groupId, member.group.createdAt, member.clientId)
            from GroupMember member
            where member.id.groupId in (select own.id.groupId from GroupMember own where own.clientId = :client)
            order by member.id.groupId, member.id.slot
            """)
    List<StoredMember> seatsOf(long client);

    /** Takes a client out of all groups, in the open transaction, and deletes groups without members. */
    @Modifying
    @Query(nativeQuery = true, value = """
            with left_seats as (delete from group_member where client_id = :client returning group_id)
            delete from chat_group g
            where g.id in (select group_id from left_seats)
              and not exists (select from group_member m where m.group_id = g.id and m.client_id <> :client)
            """)
    void removeMember(long client);
}
