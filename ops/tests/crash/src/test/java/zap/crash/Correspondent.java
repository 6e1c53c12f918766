package zap.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import zap.server.testing.FrameText;

/**
 * A program that uses the base protocol: sends without end, hangs up now and then, comes back after everything that
 * happens to it, and remembers what it has sent and heard.
 *
 * <p>It sends each message once: the base protocol has no answer to it, so there is no telling when to send it again.
 * Each has a second of its own, so that a receipt says exactly which messages it promises.
 *
 * <p>It reads all the time, and each connection to its end: what the server has written, it hears.
 */
final class Correspondent implements AutoCloseable {

    /** The speed of a correspondent. */
    record Pace(int mostAtOnce, Duration longestPause, int hangsUpOnceIn) {}

    /**
     * A frame that came.
     *
     * @param position where in its log the program believes the frame to stand
     * @param life which life of the server it came from
     */
    record Heard(long position, int life, String frame) {}

    /** A message or read mark that went out: at least into the socket. */
    record Said(String code, String dst, long timestamp, int life) {}

    private static final int CONNECT_MILLIS = 5_000;
    private static final int SEND_BUFFER = 16 * 1024;
    private static final long FIRST_SECOND = 1_000_000_000;

    private final String name;
    private final int port;
    private final RandomGenerator random;
    private Thread listener;
    private Thread sender;

    // Guarded by this.
    private final List<Heard> heard = new ArrayList<>();
    private final List<Said> said = new ArrayList<>();
    private final Map<String, Long> newestFrom = new HashMap<>();
    private String id;
    private String group;
    private Connection connection;
    private int life;
    private long next = 1;
    private long repetitions;
    private long second = FIRST_SECOND;
    private int unexpectedEnds;

    private volatile boolean closed;
    private volatile boolean sending;
    private volatile long writingSince;

    Correspondent(String name, int port, long seed) {
        this.name = name;
        this.port = port;
        // one of its own, so that what it does depends on nothing but the seed
        this.random = new SplittableRandom(seed);
    }

    private static final class Connection {
        final Socket socket;
        /** Which life of the server it belongs to. */
        final int life;

        volatile boolean hungUp;

        Connection(Socket socket, int life) {
            this.socket = socket;
            this.life = life;
        }
    }

    /** Registers, and listens from now on, whatever happens. */
    void begin() {
        listener = Thread.ofVirtual().name(name + " listens").start(this::listen);
    }

    /** Sends to these and to its group until {@link #quiet}. */
    void beginToSend(List<String> others, Pace pace) {
        sending = true;
        sender = Thread.ofVirtual().name(name + " sends").start(() -> send(others, pace));
    }

    /** Sends no more. What it has begun to write, it writes to the end. */
    void quiet() {
        sending = false;
    }

    void makeGroup(List<String> members) throws IOException {
        write(current(), FrameText.createGroup(id(), FIRST_SECOND, members.toArray(String[]::new)));
    }

    /**
     * Ends its sending, and writes a message to itself: when that is back, everything that was written before has been
     * dealt with.
     *
     * @return the second of that message
     */
    long sayLast() throws IOException, InterruptedException {
        quiet();
        sender.join();
        Connection current = current();
        String last;
        long when;
        synchronized (this) {
            last = message(id, current.life);
            when = second;
        }
        write(current, last);
        return when;
    }

    synchronized boolean hasHeardFromItself(long when) {
        return newestFrom.getOrDefault(id, 0L) >= when;
    }

    private synchronized Connection current() {
        if (connection == null) {
            throw new IllegalStateException(name + " is not connected");
        }
        return connection;
    }

    String name() {
        return name;
    }

    synchronized String id() {
        return id;
    }

    synchronized String group() {
        return group;
    }

    synchronized boolean isConnected() {
        return connection != null;
    }

    synchronized List<Heard> heard() {
        return List.copyOf(heard);
    }

    synchronized List<Said> said() {
        return List.copyOf(said);
    }

    /** The last position that it has heard. */
    synchronized long position() {
        return next - 1;
    }

    synchronized long repetitions() {
        return repetitions;
    }

    /** Returns the number of connections that ended although neither side was told to end. */
    synchronized int unexpectedEnds() {
        return unexpectedEnds;
    }

    /** For how long it has not been able to write what it wants to. */
    Duration writingFor() {
        long since = writingSince;
        return since == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    /** The server is another one from now on. */
    synchronized void life(int number) {
        life = number;
    }

    /**
     * The server has died, and has this on record as given. What was heard beyond that will be heard once more.
     *
     * @return how many frames that is; less than nothing when some were taken for given that have never been heard
     */
    synchronized long resumeAfter(long given) {
        long again = next - 1 - given;
        repetitions += again;
        next = given + 1;
        return again;
    }

    private void listen() {
        while (!closed) {
            try (var socket = new Socket()) {
                socket.setTcpNoDelay(true);
                socket.setSendBufferSize(SEND_BUFFER);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
                listen(socket);
            } catch (IOException e) {
                pause(Duration.ofMillis(20)); // nobody is there: do not knock too often
            }
        }
    }

    private void listen(Socket socket) throws IOException {
        String self = id();
        socket.getOutputStream().write((self == null ? "01" : FrameText.connect(self)).getBytes(UTF_8));
        Connection current = begun(socket);
        try (InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024)) {
            String frame;
            while ((frame = read(in)) != null) {
                hear(frame);
            }
        } catch (IOException e) {
            // broken: that is how the connection of a server ends that was killed
        } finally {
            ended(current);
        }
    }

    /** Null at the end, in the middle of a frame too: a server that is killed may have written half of it. */
    private static String read(InputStream in) throws IOException {
        String code = new String(in.readNBytes(2), UTF_8);
        if (code.length() < 2) {
            return null;
        }
        int rest = FrameText.width(code) - 2; // all texts here are ASCII
        String fields = new String(in.readNBytes(rest), UTF_8);
        return fields.length() < rest ? null : code + fields;
    }

    private synchronized Connection begun(Socket socket) {
        connection = new Connection(socket, life);
        notifyAll();
        return connection;
    }

    private synchronized void ended(Connection current) {
        connection = null;
        if (!current.hungUp && !closed) {
            unexpectedEnds++;
        }
        notifyAll();
    }

    private synchronized void hear(String frame) {
        if (frame.startsWith("02")) {
            id = frame.substring(2);
            notifyAll();
            return;
        }
        heard.add(new Heard(next++, life, frame));
        if (frame.startsWith("06")) {
            newestFrom.merge(frame.substring(2, 15), Long.valueOf(frame.substring(28, 38)), Math::max);
        } else if (frame.startsWith("11")) {
            group = frame.substring(2, 15);
        }
    }

    private void send(List<String> others, Pace pace) {
        try {
            while (sending && !closed) {
                Connection current = awaitConnection();
                if (current == null) {
                    return;
                }
                if (random.nextInt(pace.hangsUpOnceIn) == 0) {
                    hangUp(current);
                } else {
                    try {
                        write(current, compose(others, 1 + random.nextInt(pace.mostAtOnce), current.life));
                    } catch (IOException e) {
                        awaitEnd(current);
                    }
                }
                pause(Duration.ofNanos(random.nextLong(1 + pace.longestPause.toNanos())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Connection current, String frames) throws IOException {
        writingSince = System.nanoTime();
        try {
            current.socket.getOutputStream().write(frames.getBytes(UTF_8));
        } finally {
            writingSince = 0;
        }
    }

    private synchronized String compose(List<String> others, int count, int life) {
        var frames = new StringBuilder();
        for (int i = 0; i < count; i++) {
            String other = others.get(random.nextInt(others.size()));
            switch (random.nextInt(10)) {
                case 0 -> {
                    Long upTo = newestFrom.get(other);
                    if (upTo != null) {
                        said.add(new Said("08", other, upTo, life));
                        frames.append(FrameText.read(other, upTo));
                    }
                }
                case 1, 2 -> frames.append(message(group == null ? other : group, life));
                default -> frames.append(message(other, life));
            }
        }
        return frames.toString();
    }

    private String message(String dst, int life) {
        second++;
        said.add(new Said("05", dst, second, life));
        return FrameText.send(id, dst, second, text(second));
    }

    static String text(long second) {
        return "written in second " + second;
    }

    /** Says that it will say no more, and listens to the end: the listening thread connects again then. */
    private void hangUp(Connection current) throws InterruptedException {
        current.hungUp = true;
        try {
            current.socket.shutdownOutput();
        } catch (IOException e) {
            // it has ended already
        }
        awaitEnd(current);
    }

    private synchronized void awaitEnd(Connection current) throws InterruptedException {
        while (connection == current && !closed) {
            wait(1_000);
        }
    }

    /** Null when it is time to go. */
    private synchronized Connection awaitConnection() throws InterruptedException {
        while ((connection == null || id == null) && !closed && sending) {
            wait(1_000);
        }
        return closed || !sending ? null : connection;
    }

    private static void pause(Duration pause) {
        try {
            Thread.sleep(pause); // its pace
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        sending = false;
        synchronized (this) {
            if (connection != null) {
                try {
                    connection.socket.close();
                } catch (IOException e) {
                    // it has ended already
                }
            }
            notifyAll();
        }
        try {
            if (sender != null) {
                sender.join(Duration.ofSeconds(10));
            }
            listener.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
