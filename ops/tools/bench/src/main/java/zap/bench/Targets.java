package zap.bench;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.ObservedServer;
import zap.bench.load.CannotMeasureException;
import zap.bench.load.Target;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.Processes;
import zap.bench.machine.ServerMeters;
import zap.bench.mqtt.MqttMessenger;
import zap.bench.traffic.Messenger;
import zap.bench.wire.BrokerMessenger;
import zap.bench.wire.ZapMessenger;
import zap.bench.wire.ZapMessenger.Sessions;

/** All that is measured in one run, and what was started for it. */
final class Targets implements AutoCloseable {

    private static final int CONNECT_MILLIS = 5_000;
    private static final int ACTUATOR_PORT = 7780;
    private static final String NONE = "none";

    private final List<Target> all = new ArrayList<>();
    private final List<AutoCloseable> started = new ArrayList<>();
    private final int threads;

    private Targets(int threads) {
        this.threads = threads;
    }

    static Targets of(CommandLine words) throws IOException, InterruptedException {
        var targets = new Targets(words.number("threads", 1, 1));
        try {
            targets.addAll(words);
            return targets;
        } catch (IOException | InterruptedException | RuntimeException e) {
            targets.close();
            throw e;
        }
    }

    private void addAll(CommandLine words) throws IOException, InterruptedException {
        if (words.has("start")) {
            StartedServer own = startServer(words.has("explain"));
            started.add(own);
            Path data = own.dataFolder();
            addServer(words, own.address(), own.actuator(), (pid, database) -> Explaining.started(pid, database, data));
        } else if (!words.value("server").orElse("").equals(NONE)) {
            InetSocketAddress server = address("server", words.value("server").orElse("127.0.0.1:7777"));
            String actuator = words.value("actuator").orElse("http://" + server.getHostString() + ":" + ACTUATOR_PORT);
            addServer(
                    words,
                    server,
                    URI.create(actuator),
                    (pid, database) -> Explaining.running(
                            pid, database, words.value("data").map(Path::of)));
        }
        for (String peer : words.values("peer")) {
            addPeer(peer);
        }
        if (words.has("floor")) {
            var relay = StartedRelay.start();
            started.add(relay);
            addZap(
                    "relay, stores nothing",
                    relay.address(),
                    Sessions.BASE,
                    null,
                    OptionalLong.of(relay.pid()),
                    OptionalLong.empty(),
                    true,
                    null);
        }
        if (all.isEmpty()) {
            throw new Usage("Nothing to measure: no server, no peer and no floor.");
        }
    }

    private StartedServer startServer(boolean explain) throws IOException, InterruptedException {
        if (!explain) {
            return StartedServer.start(checkout(), "measured");
        }
        // It records from its start on, so that beginning to do so costs nothing of its first minute.
        var recording = Explaining.prepareRecording();
        started.add(recording);
        return StartedServer.start(checkout(), "measured", recording.option());
    }

    private interface Observing {
        ObservedServer of(OptionalLong pid, OptionalLong database) throws IOException;
    }

    private void addServer(CommandLine words, InetSocketAddress server, URI actuator, Observing observing)
            throws IOException {
        OptionalLong pid = words.has("pid") ? OptionalLong.of(words.number("pid", 0, 1)) : processOf(server);
        OptionalLong database =
                words.has("database-pid") ? OptionalLong.of(words.number("database-pid", 0, 1)) : databaseOf(pid);
        @Nullable ObservedServer observed = words.has("explain") ? observing.of(pid, database) : null;
        for (Sessions sessions : sessions(words.value("session").orElse("base,assured"))) {
            String name = "zap " + sessions.name().toLowerCase(Locale.ROOT);
            addZap(name, server, sessions, actuator, pid, database, false, observed);
        }
    }

    /** The process that listens there, if that is on this machine: the same port elsewhere is somebody else's. */
    private static OptionalLong processOf(InetSocketAddress address) {
        try {
            boolean here = address.getAddress().isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address.getAddress()) != null;
            return here ? Processes.listeningOn(address.getPort()) : OptionalLong.empty();
        } catch (SocketException e) {
            return OptionalLong.empty();
        }
    }

    private static OptionalLong databaseOf(OptionalLong pid) {
        return pid.isPresent() ? Processes.postgresOf(pid.getAsLong()) : OptionalLong.empty();
    }

    static List<Sessions> sessions(String kinds) {
        var sessions = new ArrayList<Sessions>();
        for (String kind : kinds.split(",", -1)) {
            switch (kind.strip()) {
                case "base" -> sessions.add(Sessions.BASE);
                case "assured" -> sessions.add(Sessions.ASSURED);
                default -> throw new Usage("--session is base, assured or both, not \"" + kind + "\".");
            }
        }
        return sessions;
    }

    private void addPeer(String peer) {
        int scheme = peer.indexOf("://");
        String kind = scheme < 0 ? "" : peer.substring(0, scheme);
        String place = peer.substring(scheme < 0 ? 0 : scheme + 3);
        switch (kind) {
            case "mqtt", "mqtt+hivemq" -> {
                InetSocketAddress broker = address("peer", place);
                checkReachable(broker);
                OptionalLong pid = processOf(broker);
                String name = kind + " " + place + (pid.isPresent() ? ", " + Processes.name(pid.getAsLong()) : "");
                // Some keep what they store in a PostgreSQL, too.
                OptionalLong database = databaseOf(pid);
                var meters = new ServerMeters(null);
                started.add(meters);
                all.add(new Target(name, pid, new CpuMeter(pid, database), meters, () -> broker(kind, broker), false));
            }
            case "zap" -> addPeer(place, Sessions.BASE);
            case "zap+assured" -> addPeer(place, Sessions.ASSURED);
            default ->
                throw new Usage("--peer is mqtt://, mqtt+hivemq://, zap:// or zap+assured://, and HOST:PORT, not \""
                        + peer + "\".");
        }
    }

    private void addPeer(String place, Sessions sessions) {
        InetSocketAddress server = address("peer", place);
        OptionalLong pid = processOf(server);
        String name = "zap " + sessions.name().toLowerCase(Locale.ROOT) + " at " + place;
        addZap(name, server, sessions, null, pid, databaseOf(pid), false, null);
    }

    private Messenger broker(String kind, InetSocketAddress broker) {
        String run = Long.toHexString(System.nanoTime());
        return kind.equals("mqtt")
                ? new BrokerMessenger(broker, run, threads)
                : new MqttMessenger(broker, run, threads);
    }

    private void addZap(
            String name,
            InetSocketAddress server,
            Sessions sessions,
            @Nullable URI actuator,
            OptionalLong pid,
            OptionalLong database,
            boolean isRelay,
            @Nullable ObservedServer observed) {
        checkReachable(server);
        var meters = new ServerMeters(actuator);
        started.add(meters);
        all.add(new Target(
                name,
                pid,
                new CpuMeter(pid, database),
                meters,
                () -> new ZapMessenger(server, sessions, threads),
                isRelay,
                observed));
    }

    private static void checkReachable(InetSocketAddress address) {
        try (var socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS);
        } catch (ConnectException e) {
            throw new CannotMeasureException(
                    "Nobody listens on %s. ./zap server starts a server, and --start one just for this run."
                            .formatted(address),
                    e);
        } catch (IOException e) {
            throw new CannotMeasureException("Cannot reach " + address + ": " + e.getMessage(), e);
        }
    }

    /** HOST:PORT. */
    static InetSocketAddress address(String option, String place) {
        int colon = place.lastIndexOf(':');
        String host = place.substring(0, Math.max(0, colon));
        try {
            int port = Integer.parseInt(place.substring(colon + 1));
            return new InetSocketAddress(InetAddress.getAllByName(host)[0], port);
        } catch (UnknownHostException e) {
            throw new Usage("--" + option + ": there is no host \"" + host + "\".");
        } catch (IllegalArgumentException e) {
            throw new Usage("--" + option + " takes HOST:PORT, not \"" + place + "\".");
        }
    }

    /** The checkout that this runs from: the script says it. */
    static Path checkout() {
        return Path.of(System.getProperty("zap.root", "")).toAbsolutePath();
    }

    List<Target> all() {
        return all;
    }

    @Override
    public void close() {
        for (AutoCloseable one : started.reversed()) {
            try {
                one.close();
            } catch (Exception e) {
                System.err.println("Could not stop what was started for the measurement: " + e);
            }
        }
    }
}
