package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Private hosts and the cables between them: network namespaces inside a user namespace, so that an ordinary user may
 * make them, and the machine's own network is untouched. They end with the process that made them.
 */
public final class PrivateNetwork implements AutoCloseable {

    private static final Duration DONE_WITHIN = Duration.ofSeconds(30);

    /** Reports that it is ready, and stays until its input ends, which happens when we end. */
    private static final String HOLD = "ip link set lo up && echo ready && exec cat";

    private final List<Host> hosts = new ArrayList<>();
    private int cables;

    private PrivateNetwork() {}

    /**
     * Makes a network with one host.
     *
     * @throws IOException when this machine does not allow it, with the reason
     */
    public static PrivateNetwork make() throws IOException {
        var network = new PrivateNetwork();
        try {
            Host first = network.hold("unshare", "--user", "--map-root-user", "--net", "sh", "-c", HOLD);
            Host other = network.addHost();
            Cable cable = network.connect(first, other);
            cable.cut();
            cable.mend();
            return network;
        } catch (IOException e) {
            network.close();
            throw e;
        }
    }

    /** Returns the host that all others are connected to. */
    public Host first() {
        return hosts.getFirst();
    }

    /** Adds another host, connected with the first one. */
    public Cable addHostWithCable() throws IOException {
        return connect(first(), addHost());
    }

    private Host addHost() throws IOException {
        return hold(Stream.concat(first().command().stream(), Stream.of("unshare", "--net", "sh", "-c", HOLD))
                .toArray(String[]::new));
    }

    private Host hold(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        var host = new Host(process);
        hosts.add(host);
        String said = process.inputReader(UTF_8).readLine();
        if (!"ready".equals(said)) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        return host;
    }

    private Cable connect(Host one, Host other) throws IOException {
        int number = ++cables;
        String name = "cable" + number;
        String pid = Long.toString(other.holder.pid());
        one.run("ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", pid);
        var cable = new Cable(one, other, name, "10.99." + number + ".1", "10.99." + number + ".2");
        one.run("ip", "address", "add", cable.here + "/24", "dev", name);
        other.run("ip", "address", "add", cable.there + "/24", "dev", name);
        one.run("ip", "link", "set", name, "up");
        other.run("ip", "link", "set", name, "up");
        return cable;
    }

    /** Ends it, and everything that still runs on its hosts. */
    @Override
    public void close() {
        hosts.reversed().forEach(host -> host.holder.destroyForcibly());
    }

    /** A host with a network of its own, and the files and processes of this machine. */
    public static final class Host {

        private final Process holder;

        private Host(Process holder) {
            this.holder = holder;
        }

        /** Returns the words that precede a command so that it runs there. */
        public List<String> command() {
            String pid = Long.toString(holder.pid());
            return List.of("nsenter", "--preserve-credentials", "--user", "--net", "--target", pid);
        }

        /** Runs a command there. */
        private void run(String... arguments) throws IOException {
            List<String> all =
                    Stream.concat(command().stream(), Stream.of(arguments)).toList();
            Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
            try {
                if (!process.waitFor(DONE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new IOException(String.join(" ", arguments) + " does not end");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", arguments) + ": " + said);
            }
        }

        /** Connects a peer whose connection begins on this host. */
        public Peer connect(String name, String address, int port) {
            try {
                return new Peer(name, this, address, port);
            } catch (IOException e) {
                throw new UncheckedIOException(name + " cannot connect", e);
            }
        }
    }

    /** A cable between the first host and another one. */
    public static final class Cable {

        private final Host one;
        private final Host other;
        private final String name;
        private final String here;
        private final String there;

        private Cable(Host one, Host other, String name, String here, String there) {
            this.one = one;
            this.other = other;
            this.name = name;
            this.here = here;
            this.there = there;
        }

        /** Returns the host at the other end. */
        public Host host() {
            return other;
        }

        /** Returns the first host's address on this cable. */
        public String address() {
            return here;
        }

        /** Stops all packets from now on. */
        public void cut() {
            set("down");
        }

        /** Lets all packets through from now on. */
        public void mend() {
            set("up");
        }

        private void set(String state) {
            try {
                one.run("ip", "link", "set", name, state);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * A program on another host that relays the connection of a {@link WireClient} in this process, so that only its
     * far half is there.
     */
    public static final class Peer implements AutoCloseable {

        private final Process program;
        private final WireClient wire;

        private Peer(String name, Host host, String address, int port) throws IOException {
            var command = new ArrayList<>(host.command());
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xshare:auto",
                    "-Xmx32m",
                    "-cp",
                    testClasses(),
                    Relay.class.getName(),
                    address,
                    Integer.toString(port)));
            program = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                wire = WireClient.connect(name, listening.getLocalPort());
                Socket here = listening.accept();
                here.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> Relay.pass(program.getInputStream(), outputOf(here), here));
                Thread.ofVirtual().start(() -> Relay.pass(inputOf(here), program.getOutputStream(), here));
            }
        }

        private static java.io.InputStream inputOf(Socket socket) {
            try {
                return socket.getInputStream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static OutputStream outputOf(Socket socket) {
            try {
                return socket.getOutputStream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Returns the folder or the jar of this class. */
        private static String testClasses() {
            try {
                return Path.of(PrivateNetwork.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI())
                        .toString();
            } catch (URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Returns the client that sends and reads. */
        public WireClient wire() {
            return wire;
        }

        /** Ends it silently, if its cable is cut: its system's last packets do not pass. */
        public void vanish() {
            program.destroyForcibly();
            try {
                program.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            wire.close();
            program.destroyForcibly();
        }
    }
}
