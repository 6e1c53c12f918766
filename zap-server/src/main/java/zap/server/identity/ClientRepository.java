package zap.server.identity;

import org.springframework.data.repository.CrudRepository;

/** The clients. */
interface ClientRepository extends CrudRepository<Client, Long> {}
