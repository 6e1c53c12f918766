package zap.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import zap.protocol.Address;
import zap.protocol.ClientId;

/**
 * A server, or several nodes, with their database, and a few participants who know each other and share a group. Lasts
 * for many runs.
 */
final class World implements AutoCloseable {

    private static final List<String> NAMES = List.of("ana", "bruno", "cecilia");
    private static final String GROUP = "all";
    private static final long GROUP_WITHIN_NANOS = 30_000_000_000L;

    private final Backend backend;
    private final List<Identity> participants = new ArrayList<>();
    private Address group = new Address(0);

    private World(Backend backend) {
        this.backend = backend;
    }

    /**
     * Makes one.
     *
     * @param backend what the participants connect to, which does not run yet
     * @param folder for everything that it leaves on disk
     */
    static World make(Backend backend, Path folder) throws IOException {
        var world = new World(backend);
        boolean well = false;
        try {
            world.begin(folder);
            well = true;
            return world;
        } finally {
            if (!well) {
                world.close();
            }
        }
    }

    private void begin(Path folder) throws IOException {
        backend.begin();
        backend.awaitReady();
        for (String name : NAMES) {
            var participant = new Identity(name, folder.resolve("profiles"), backend.ports(), participants.size());
            participants.add(participant);
            participant.begin();
        }
        List<ClientId> others = participants.stream().skip(1).map(Identity::id).toList();
        participants.getFirst().first().makeGroup(GROUP, others);
        long end = System.nanoTime() + GROUP_WITHIN_NANOS;
        while (!participants.stream()
                .allMatch(one -> one.first().people().groups().size() == 1)) {
            if (System.nanoTime() > end) {
                throw new IOException("The group does not come");
            }
            pause(20); // between two looks
        }
        group = participants
                .getFirst()
                .first()
                .people()
                .groups()
                .getFirst()
                .id()
                .asAddress();
    }

    static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis); // the callers say what for
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    Backend backend() {
        return backend;
    }

    /** Returns the only server; fails where there are nodes. */
    ServerUnderTest server() {
        return (ServerUnderTest) backend;
    }

    /** Returns the nodes; fails where there is one server alone. */
    NodesUnderTest nodes() {
        return (NodesUnderTest) backend;
    }

    List<Identity> participants() {
        return participants;
    }

    Address group() {
        return group;
    }

    @Override
    public void close() throws IOException {
        for (Identity participant : participants) {
            participant.close();
        }
        backend.close();
    }
}
