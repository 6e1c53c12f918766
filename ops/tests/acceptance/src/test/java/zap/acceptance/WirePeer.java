package zap.acceptance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import zap.server.testing.FrameText;
import zap.server.testing.WireClient;

/** A peer with a program of its own. It never hangs up, and records and checks all it hears. */
final class WirePeer implements AutoCloseable {

    private static final int ID = 13;
    private static final int TIME = 10;

    /** A message as it was heard. */
    record Heard(String text, long sentAt) {}

    private final WireClient wire;
    private final String id;
    private final List<String> said = new ArrayList<>();
    private final List<Long> saidAt = new ArrayList<>();
    private final List<Heard> heard = new ArrayList<>();
    private final AtomicLong hasRead = new AtomicLong();
    private final AtomicLong wasRead = new AtomicLong();
    private final Thread listening;

    WirePeer(String name) {
        wire = RealServer.connect(name);
        wire.patience(Duration.ofDays(1));
        id = wire.register();
        // One thread reads and others write: they share nothing of the connection.
        listening = Thread.ofPlatform().daemon().name(name).start(this::listen);
    }

    String id() {
        return id;
    }

    private void listen() {
        try {
            while (true) {
                String frame = wire.readFrame();
                switch (frame.substring(0, 2)) {
                    case "06" -> {
                        synchronized (heard) {
                            heard.add(new Heard(
                                    frame.substring(2 + ID + ID + TIME).stripTrailing(),
                                    Long.parseLong(frame.substring(2 + ID + ID, 2 + ID + ID + TIME))));
                        }
                    }
                    case "09" -> wasRead.accumulateAndGet(Long.parseLong(frame.substring(2 + ID)), Math::max);
                    default -> {}
                }
            }
        } catch (AssertionError _) {
            // The test is over, and the connection closed.
        }
    }

    /** Writes to somebody. */
    synchronized void says(String to, String text) {
        long now = Instant.now().getEpochSecond();
        said.add(text);
        saidAt.add(now);
        wire.send(FrameText.send(id, to, now, text));
    }

    /** Reads what has come from somebody, and lets it be known. */
    synchronized void reads(String from) {
        long upTo = heard().stream().mapToLong(Heard::sentAt).max().orElse(0);
        if (upTo > hasRead.get()) {
            hasRead.set(upTo);
            wire.send(FrameText.read(from, upTo));
        }
    }

    synchronized List<String> said() {
        return List.copyOf(said);
    }

    /** Returns the messages up to this second. */
    synchronized List<String> saidUpTo(long second) {
        return List.copyOf(
                said.subList(0, (int) saidAt.stream().filter(at -> at <= second).count()));
    }

    List<Heard> heard() {
        synchronized (heard) {
            return List.copyOf(heard);
        }
    }

    /** Up to which second this peer has told to have read. */
    long hasRead() {
        return hasRead.get();
    }

    /** Up to which second this peer was told to have been read. */
    long wasRead() {
        return wasRead.get();
    }

    @Override
    public void close() {
        wire.close();
        try {
            listening.join(Await.PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
