package zap.server.mailbox;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.PlatformTransactionManager;
import zap.server.testing.RunningServer;

class JpaMailboxIT implements MailboxSetsContract {

    private static final AtomicLong CLIENTS = new AtomicLong(1_500_000_000_000L);

    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = RunningServer.startNew();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    public MailboxRepository store() {
        return server.bean(MailboxRepository.class);
    }

    @Override
    public PlatformTransactionManager transactions() {
        return server.bean(PlatformTransactionManager.class);
    }

    @Override
    public void forgetClient(long client) {
        JdbcOperations jdbc = server.bean(JdbcOperations.class);
        jdbc.update("delete from client where id = ?", client);
        jdbc.update("insert into forgotten_client (id) values (?)", client);
    }

    @Override
    public long newClient() {
        long client = CLIENTS.incrementAndGet();
        server.bean(JdbcOperations.class).update("insert into client (id, registered_at) values (?, now())", client);
        return client;
    }
}
