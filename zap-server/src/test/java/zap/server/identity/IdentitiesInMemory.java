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

    /** Notes uses nowhere. */
    public static LastUses lastUses(Clock clock) {
        return new LastUses(repositoryOf(new ConcurrentHashMap<>(), _ -> {}), clock);
    }

    /** @param registered told of each new client, within the transaction that makes it */
    public static Identities create(Mailbox mailbox, IdSource ids, Clock clock, Consumer<ClientId> registered) {
        return new Identities(repositoryOf(new ConcurrentHashMap<>(), registered), mailbox, ids, clock);
    }

    private static ClientRepository repositoryOf(Map<Long, Client> clients, Consumer<ClientId> registered) {
        return (ClientRepository) Proxy.newProxyInstance(
                ClientRepository.class.getClassLoader(),
                new Class<?>[] {ClientRepository.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "findById" -> Optional.ofNullable(clients.get(arguments[0]));
                    case "isTaken" -> clients.containsKey(arguments[0]);
                    case "save" -> {
                        var client = (Client) arguments[0];
                        clients.put(client.getId(), client);
                        registered.accept(new ClientId(client.getId()));
                        yield client;
                    }
                    default -> throw new UnsupportedOperationException(method.toString());
                });
    }
}
