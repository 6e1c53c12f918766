package zap.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import zap.protocol.Address;
import zap.protocol.ClientId;

/** A server with its database, and a few participants who know each other and share a group. Lasts for many runs. */
final class World implements AutoCloseable {

    private static final List<String> NAMES = List.of("ana", "bruno", "cecilia");
    private static final String GROUP = "all";
    private static final long GROUP_WITHIN_NANOS = 30_000_000_000L;

    private final ServerUnderTest server;
    private final List<Identity> participants = new ArrayList<>();
    private Address group = new Address(0);

    private World(ServerUnderTest server) {
        this.server = server;
    }

    /**
     * Makes one.
     *
     * @param java how to start the server
     * @param folder for everything that it leaves on disk
     */
    static World make(List<String> java, Path folder) throws IOException {
        var world = new World(new ServerUnderTest(java, folder));
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
        server.launch();
        server.awaitReady();
        for (String name : NAMES) {
            var participant = new Identity(name, folder.resolve("profiles"), server.port());
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

    ServerUnderTest server() {
        return server;
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
        server.close();
    }
}
