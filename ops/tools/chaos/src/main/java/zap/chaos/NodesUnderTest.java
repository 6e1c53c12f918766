package zap.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Several nodes, each a real server in a process of its own, on one database with a synchronous standby. The links of a
 * node to the database can break, and so can those of the other nodes to it.
 */
final class NodesUnderTest implements Backend {

    /** So that a node notices soon that it was paused or cut off, as do the others. */
    private static final List<String> SHORT_LIMITS =
            List.of("--zap.cluster.heartbeat=250ms", "--zap.cluster.gone-after=1s", "--zap.cluster.look-every=100ms");

    /** Seconds instead of half a minute, for a database that hangs. */
    private static final String DATABASE_LIMITS = "connectTimeout=1&socketTimeout=2&sslResponseTimeout=1000";

    private final List<Node> nodes = new ArrayList<>();
    private final DatabasePair database;

    /**
     * A node.
     *
     * @param toDatabase its links to both PostgreSQLs
     * @param fromNodes the way of all mail that other nodes hand over to it
     */
    private record Node(ServerJvm jvm, List<FaultyLink> toDatabase, FaultyLink fromNodes) {}

    /**
     * @param java how to start a server
     * @param count the number of nodes
     * @param folder for all that they leave on disk
     * @param ready the data folder of a server that has stopped, whose database they use; null to make one
     */
    NodesUnderTest(List<String> java, int count, Path folder, @Nullable Path ready) throws IOException {
        database = DatabasePair.of(ready == null ? newDatabase(java, folder) : ready);
        for (int i = 0; i < count; i++) {
            nodes.add(node(java, folder, "node-" + i));
        }
    }

    /** Lets a server make its own database, with all tables, and stops it. */
    private static Path newDatabase(List<String> java, Path folder) throws IOException {
        Path data = folder.resolve("database");
        Files.createDirectories(data);
        try (var maker =
                new ServerJvm(java, List.of(), Map.of("ZAP_DATA", data.toString()), folder.resolve("database.log"))) {
            maker.awaitReady();
            maker.stop();
        }
        return data;
    }

    private Node node(List<String> java, Path folder, String name) throws IOException {
        Path data = Files.createDirectories(folder.resolve(name));
        var links = new ArrayList<FaultyLink>();
        for (int port : database.ports()) {
            links.add(new FaultyLink(port));
        }
        Map<String, String> environment = Map.of(
                "ZAP_DATA", data.toString(),
                "ZAP_DATABASE_URL",
                        "jdbc:postgresql://127.0.0.1:%s,127.0.0.1:%s/zap?%s"
                                .formatted(
                                        links.getFirst().port(), links.getLast().port(), DATABASE_LIMITS),
                "ZAP_DATABASE_USER", "zap",
                "ZAP_DATABASE_PASSWORD", database.password());
        int linkPort = FreePorts.block();
        var fromNodes = new FaultyLink(linkPort);
        var options = new ArrayList<>(SHORT_LIMITS);
        options.add("--zap.cluster.address=127.0.0.1:" + fromNodes.port());
        options.add("--zap.cluster.port=" + linkPort);
        var jvm = new ServerJvm(java, options, environment, folder.resolve(name + ".log"));
        return new Node(jvm, links, fromNodes);
    }

    @Override
    public void begin() throws IOException {
        database.begin();
        for (Node node : nodes) {
            node.jvm().launch();
        }
    }

    @Override
    public List<Integer> ports() {
        return nodes.stream().map(node -> node.jvm().port()).toList();
    }

    @Override
    public boolean hasNodes() {
        return true;
    }

    int count() {
        return nodes.size();
    }

    ServerJvm node(int place) {
        return nodes.get(place).jvm();
    }

    /** From now on all that a node exchanges with the database fares so. */
    void toDatabase(int place, FaultyLink.Mode mode) {
        nodes.get(place).toDatabase().forEach(link -> link.mode(mode));
    }

    /** From now on all that other nodes exchange with a node on their links to it fares so. */
    void fromNodes(int place, FaultyLink.Mode mode) {
        nodes.get(place).fromNodes().mode(mode);
    }

    DatabasePair database() {
        return database;
    }

    /**
     * Lets the old primary go on, and all nodes connect to the database anew, while both PostgreSQLs take themselves
     * for the primary.
     */
    void thawDatabase() throws IOException {
        database.thaw();
        nodes.forEach(node -> node.toDatabase().forEach(FaultyLink::reset));
    }

    @Override
    public void heal() throws IOException {
        for (int i = 0; i < count(); i++) {
            toDatabase(i, FaultyLink.Mode.PASS);
            fromNodes(i, FaultyLink.Mode.PASS);
            node(i).resume();
        }
        database.makeWhole();
    }

    @Override
    public boolean isAlive() {
        return nodes.stream().allMatch(node -> node.jvm().isAlive());
    }

    /** Starts all that have ended, and then waits for all: they start beside each other. */
    @Override
    public void awaitReady() throws IOException {
        for (Node node : nodes) {
            if (!node.jvm().isAlive()) {
                node.jvm().launch();
            }
        }
        for (Node node : nodes) {
            node.jvm().awaitReady();
        }
    }

    @Override
    public void close() throws IOException {
        for (Node node : nodes) {
            node.jvm().close();
            for (FaultyLink link : node.toDatabase()) {
                link.close();
            }
            node.fromNodes().close();
        }
        database.close();
    }
}
