package zap.server.identity;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import zap.protocol.ClientId;
import zap.server.mailbox.Mailbox;

/** The real {@link Identities}, whose clients are kept in memory. For tests of what stands on them. */
public final class IdentitiesInMemory {

    private IdentitiesInMemory() {}

    /** @param registered told of each new client, within the transaction that makes it */
    public static Identities create(Mailbox mailbox, IdSource ids, Clock clock, Consumer<ClientId> registered) {
        Map<Long, Client> clients = new ConcurrentHashMap<>();
        var repository = (ClientRepository) Proxy.newProxyInstance(
                ClientRepository.class.getClassLoader(),
                new Class<?>[] {ClientRepository.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "findById" -> Optional.ofNullable(clients.get(arguments[0]));
                    case "existsById" -> clients.containsKey(arguments[0]);
                    case "save" -> {
                        var client = (Client) arguments[0];
                        clients.put(client.getId(), client);
                        registered.accept(new ClientId(client.getId()));
                        yield client;
                    }
                    default -> throw new UnsupportedOperationException(method.toString());
                });
        return new Identities(repository, mailbox, ids, clock);
    }
}
