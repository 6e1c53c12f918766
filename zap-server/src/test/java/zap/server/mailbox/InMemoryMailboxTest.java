package zap.server.mailbox;

import org.springframework.transaction.PlatformTransactionManager;

class InMemoryMailboxTest implements MailboxStatementsContract {

    private static final long FIRST = 1_500_000_000_000L;

    private final InMemoryMailbox store = new InMemoryMailbox();
    private long clients;

    @Override
    public MailboxRepository store() {
        return store;
    }

    @Override
    public PlatformTransactionManager transactions() {
        return store;
    }

    @Override
    public void forgetClient(long client) {
        store.unregister(client);
    }

    @Override
    public long newClient() {
        long client = FIRST + ++clients;
        store.register(client);
        return client;
    }
}
