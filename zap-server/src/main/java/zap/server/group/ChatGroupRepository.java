package zap.server.group;

import org.springframework.data.repository.CrudRepository;

/** The groups. */
interface ChatGroupRepository extends CrudRepository<ChatGroup, Long> {}
