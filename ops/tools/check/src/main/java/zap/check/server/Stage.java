package zap.check.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckFailure;
import zap.check.report.WireTrace;
import zap.check.wire.WireConnection;
import zap.kit.Phrase;
import zap.kit.ServerTarget;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** The surroundings of one check: its actors, its clock, its trace, and the words in which its story is told. */
public final class Stage implements AutoCloseable {

    private static final int MOST_SHOWN = 6;

    private final ServerTarget target;
    private final Dialect dialect;
    private final Pace pace;
    private final WireTrace trace = new WireTrace();
    private final List<WireConnection> connections = new CopyOnWriteArrayList<>();
    private final long begin;
    private volatile boolean over;
    private int seconds;

    /**
     * The times of a suite.
     *
     * @param patience maximum time for an expected frame
     * @param quiet the time in which an unwanted frame would have come
     * @param settle the time that a server gets to see that a connection has ended
     */
    public record Pace(Duration patience, Duration quiet, Duration settle) {
        public static Pace usual(Duration patience) {
            return new Pace(patience, Duration.ofMillis(600), Duration.ofMillis(200));
        }
    }

    Stage(ServerTarget target, Dialect dialect, Pace pace, InstantSource clock) {
        this.target = target;
        this.dialect = dialect;
        this.pace = pace;
        // In the past, so that a server that uses its own clock is seen to do so.
        this.begin = clock.instant().getEpochSecond() - 100_000;
    }

    Dialect dialect() {
        return dialect;
    }

    ServerTarget target() {
        return target;
    }

    WireTrace trace() {
        return trace;
    }

    Duration patience() {
        return pace.patience();
    }

    Duration quiet() {
        return pace.quiet();
    }

    /** Gives the server the time to see that a connection has ended. */
    void settle() throws InterruptedException {
        Thread.sleep(pace.settle().toMillis()); // the server cannot tell when it has seen it
    }

    /** Returns a second that no message of this check has had yet, later than all of them. */
    long second() {
        seconds++;
        return begin + seconds;
    }

    static String time(long second) {
        return String.format(Locale.ROOT, "%010d", second);
    }

    // -------------------------------------------------------------------------------------------------------- actors

    WireConnection open(String name, boolean reads) {
        try {
            Socket socket = target.connect();
            var connection = new WireConnection(name, socket, dialect.speech(), trace, reads);
            connections.add(connection);
            if (over) {
                connection.abort();
            }
            return connection;
        } catch (IOException e) {
            throw new CheckFailure(
                    Phrase.of("expected.connection", name),
                    Phrase.of("actual.refused", String.valueOf(e.getMessage())));
        }
    }

    /** Returns a new client that is connected, in the way of the dialect. */
    Actor client(String name) throws InterruptedException {
        var actor = new Actor(name, this).connect().register();
        if (!dialect.staysOpen()) {
            actor.wire().close();
            return actor.comeBack();
        }
        return dialect.connectsBy02() ? actor : actor.returns();
    }

    /** Returns a new client that has registered and hung up. */
    Actor offlineClient(String name) throws InterruptedException {
        Actor actor = client(name);
        actor.leave();
        return actor;
    }

    /** Returns a connection that has not said who it is. */
    Actor stranger(String name) throws InterruptedException {
        return new Actor(name, this).connect();
    }

    /** Returns a second connection of a client, before it has said anything. */
    Actor again(Actor client, String name) throws InterruptedException {
        Actor actor = stranger(name);
        actor.is(client.id());
        return actor;
    }

    /** Returns a number that nobody has, made like those that the server gives out. */
    String unknownId(Actor like) {
        String id = like.id();
        char last = id.charAt(id.length() - 1);
        char other = last == '9' ? '0' : (char) (last + 1);
        // Not the next one: a counter may give that out meanwhile.
        return id.substring(0, id.length() - 5) + "9" + "7" + "3" + "9" + other;
    }

    // -------------------------------------------------------------------------------------------------------- stories

    /** Creates a group by its first member, waits until all have its 11, and returns its number. */
    String group(Actor... members) throws InterruptedException {
        var others = new ArrayList<String>();
        for (int i = 1; i < members.length; i++) {
            others.add(members[i].id());
        }
        members[0].createGroup(second(), others.toArray(String[]::new));
        String id = "";
        for (Actor member : members) {
            id = member.await(FrameType.GROUP_CREATED).field("id");
        }
        return id;
    }

    /** Checks that a conversation of two new clients works. */
    void stillServes() throws InterruptedException {
        Actor ana = client("ana'");
        Actor bob = client("bob'");
        ana.send(bob, second(), "still here");
        bob.awaitText("still here");
    }

    /** Checks a condition that is not about one frame. */
    static void require(boolean fulfilled, Phrase expected, Phrase actual) {
        if (!fulfilled) {
            throw new CheckFailure(expected, actual);
        }
    }

    static void requireField(WireFrame frame, String field, String value) {
        require(
                frame.field(field).equals(value),
                Phrase.of("expected.field", field, Shown.quoted(value)),
                Phrase.of("actual.field", field, Shown.quoted(frame.field(field)), frame));
    }

    /** Returns a list for people, of which only the beginning is shown. */
    static String cut(List<String> all) {
        var shown = new StringBuilder();
        for (int i = 0; i < Math.min(all.size(), MOST_SHOWN); i++) {
            shown.append(i == 0 ? "" : ", ").append(Shown.visible(all.get(i)));
        }
        return all.size() > MOST_SHOWN ? shown + ", …" : shown.toString();
    }

    /** Returns the kind of difference between two rows: lost, twice, or another order. */
    static Phrase difference(List<String> expected, List<String> heard) {
        var missing = new ArrayList<>(expected);
        var more = new ArrayList<>(heard);
        for (String text : heard) {
            missing.remove(text);
        }
        for (String text : expected) {
            more.remove(text);
        }
        if (!missing.isEmpty()) {
            return Phrase.of("difference.missing", missing.size(), cut(missing));
        }
        return more.isEmpty() ? Phrase.of("difference.order") : Phrase.of("difference.more", more.size(), cut(more));
    }

    /** Returns all these bytes in one piece. */
    static byte[] glued(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Closes everything from any thread: a check that waits ends soon. */
    void abort() {
        over = true;
        connections.forEach(WireConnection::abort);
    }

    @Override
    public void close() {
        abort();
    }

    /** Returns the first text that differs, for {@link #require}. */
    static @Nullable String firstDouble(List<String> all) {
        var seen = new ArrayList<String>();
        for (String one : all) {
            if (seen.contains(one)) {
                return one;
            }
            seen.add(one);
        }
        return null;
    }
}
