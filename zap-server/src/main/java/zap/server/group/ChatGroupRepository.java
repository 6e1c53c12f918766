package zap.server.group;

import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;

/** The groups. */
interface ChatGroupRepository extends CrudRepository<ChatGroup, Long> {

    /** How many groups a client has made, those of the transaction that is open included. */
    @Query("select count(*) from GroupMember member where member.clientId = :creator and member.id.slot = 0")
    long countCreatedBy(long creator);
}
