package zap.server.identity;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.test.util.ReflectionTestUtils;
import zap.protocol.ClientId;
import zap.protocol.PublicKeyBytes;
import zap.protocol.StreamId;
import zap.server.mailbox.Mailbox;

/** The real {@link Identities}, with clients in memory, for tests of the packages that use them. */
public final class IdentitiesInMemory {

    private IdentitiesInMemory() {}

    /** Returns an object that stores no uses. */
    public static LastUses lastUses(Clock clock) {
        return new LastUses(repositoryOf(new ConcurrentHashMap<>(), (_, _) -> {}), clock);
    }

    /**
     * @param registered receives each new client and its stream, if it has one, within the transaction that makes it
     */
    public static Identities create(
            Mailbox mailbox, IdSource ids, Clock clock, BiConsumer<ClientId, @Nullable StreamId> registered) {
        return new Identities(repositoryOf(new ConcurrentHashMap<>(), registered), mailbox, ids, clock);
    }

    private static ClientRepository repositoryOf(
            Map<Long, Client> clients, BiConsumer<ClientId, @Nullable StreamId> registered) {
        return (ClientRepository) Proxy.newProxyInstance(
                ClientRepository.class.getClassLoader(),
                new Class<?>[] {ClientRepository.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "findById" -> Optional.ofNullable(clients.get(arguments[0]));
                    case "idWithKey" -> {
                        PublicKeyBytes key = PublicKeyBytes.of((byte[]) arguments[0]);
                        yield clients.values().stream()
                                .filter(client -> key.equals(client.publicKey()))
                                .map(Client::getId)
                                .findFirst()
                                .orElse(null);
                    }
                    case "isTaken" -> clients.containsKey(arguments[0]);
                    case "save" -> {
                        var client = (Client) arguments[0];
                        clients.put(client.getId(), client);
                        // The stream belongs to the mailbox from now on, so no other code can ask a client for it.
                        var stream = (Long) ReflectionTestUtils.getField(client, "stream");
                        registered.accept(new ClientId(client.getId()), stream == null ? null : new StreamId(stream));
                        yield client;
                    }
                    default -> throw new UnsupportedOperationException(method.toString());
                });
    }
}
