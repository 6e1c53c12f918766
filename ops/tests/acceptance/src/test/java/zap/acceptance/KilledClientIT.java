package zap.acceptance;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static zap.acceptance.Person.utf8;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client is killed (kill -9), again and again, at moments that a seed decides: while it starts, while it fetches what
 * has waited, between getting a message and showing it, between sending one and its receipt.
 *
 * <p>{@code -Dzap.kill.seed=…} replays a choice of moments (what the processes make of them is another matter), and
 * {@code -Dzap.kill.rounds=…} makes it as long as you like.
 */
class KilledClientIT {

    private static final int ROUNDS = Integer.getInteger("zap.kill.rounds", 12);
    private static final int BASE_ROUNDS = Math.max(3, ROUNDS / 4);

    private static final Duration LONGEST_START = Duration.ofMillis(1_500);
    private static final Duration LONGEST_MOMENT = Duration.ofMillis(300);
    private static final int MOST_LINES = 10;
    private static final Duration LONGEST_PAUSE_OF_TYPIST = Duration.ofMillis(80);

    private static final Pattern MESSAGE_LINE = Pattern.compile("\\d\\d:\\d\\d .*");
    private static final Pattern TICKED_LINE = Pattern.compile("\\d\\d:\\d\\d ✓.*");
    private static final Pattern ANAS = Pattern.compile("ana-\\d+-\\d+");
    private static final Pattern BOBS = Pattern.compile("bob-\\d+-\\d+");
    private static final JsonMapper JSON = new JsonMapper();

    /** The promises of a kind of session. */
    private enum Promise {
        /** Nothing is lost, nothing is in doubt. */
        ASSURED(Duration.ofMillis(60)),
        /** Frames between wire and disk may be lost with a kill, and messages in flight are in doubt. */
        BASE(Duration.ofMillis(500)); // the recv port gives no more than eight frames a second

        private final Duration longestPauseOfPeer;

        Promise(Duration longestPauseOfPeer) {
            this.longestPauseOfPeer = longestPauseOfPeer;
        }
    }

    @TempDir
    Path home;

    private Person bob;
    private String bobId;
    private final List<TerminalWindow> windows = new ArrayList<>();
    private final List<String> printed = new ArrayList<>();

    @Test
    void anAssuredClientLosesNothingDoublesNothingAndSaysNothingThatIsNotSo() {
        seeded(random -> run(Promise.ASSURED, ROUNDS, random));
    }

    @Test
    void aClientOnTheRecvPortDoublesNothingAndSaysNothingThatIsNotSo() {
        seeded(random -> run(Promise.BASE, BASE_ROUNDS, random));
    }

    private interface Run {
        void with(SplittableRandom random);
    }

    private static void seeded(Run run) {
        long seed = Long.getLong("zap.kill.seed", RandomGenerator.getDefault().nextLong());
        try {
            run.with(new SplittableRandom(seed));
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("Again with -Dzap.kill.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private void run(Promise promise, int rounds, SplittableRandom random) {
        try (WirePeer ana = new WirePeer("ana")) {
            register(promise, ana);
            for (int round = 1; round <= rounds; round++) {
                live(promise, round, ana, random.split());
            }
            if (toldAsRead(ana).isEmpty()) {
                readUntilTold(ana);
            }
            List<String> toldAsRead = toldAsRead(ana);
            Set<String> shown = onScreens(MESSAGE_LINE, ANAS);
            comeToRest(promise, ana);
            List<Kept> kept = history();
            judge(promise, rounds, ana, kept);
            judgeReading(kept, toldAsRead, shown);
        } finally {
            windows.forEach(TerminalWindow::close);
        }
    }

    private void register(Promise promise, WirePeer ana) {
        bob = Person.at(home, "bob");
        List<String> server = switch (promise) {
            case ASSURED -> List.of("--server", RealServer.address());
            case BASE -> List.of("--server", "127.0.0.1:" + RealServer.get().recvPort(), "--wire", "recv");
        };
        Outcome outcome = bob.zap(utf8("register --json\ncontact add ana " + ana.id()), server.toArray(String[]::new));
        assertThat(outcome.status()).as(outcome.toString()).isZero();
        bobId = JSON.readTree(outcome.out().lines().findFirst().orElseThrow())
                .get("id")
                .asString();
    }

    /** One life of the client, while somebody writes to it all the time. */
    private void live(Promise promise, int round, WirePeer ana, SplittableRandom random) {
        RandomGenerator anas = random.split();
        var over = new AtomicBoolean();
        Thread writing = Thread.ofPlatform().start(() -> {
            for (int i = 0; !over.get(); i++) {
                ana.says(bobId, "ana-" + round + "-" + i);
                if (anas.nextInt(4) == 0) {
                    ana.reads(bobId);
                }
                Await.pause(Duration.ofMillis(anas.nextLong(promise.longestPauseOfPeer.toMillis())));
            }
        });
        TerminalWindow window = bob.session();
        windows.add(window);
        try {
            if (random.nextInt(4) == 0) {
                Await.pause(Duration.ofMillis(random.nextLong(LONGEST_START.toMillis())));
            } else {
                window.shows("❯").enter("chat ana");
                // It dies some moment after so many of them stand on the screen, however busy the machine is.
                int shown = random.nextInt(MOST_LINES);
                for (int i = 0; i < shown; i++) {
                    String line = "bob-" + round + "-" + i;
                    window.type(line + TerminalWindow.ENTER);
                    // Lines that come faster than hands type would be one paste.
                    window.awaits(line, all -> all.stream().anyMatch(row -> row.matches(".* you +" + line + "\\b.*")));
                    Await.pause(Duration.ofMillis(random.nextLong(LONGEST_PAUSE_OF_TYPIST.toMillis())));
                }
                window.type("bob-" + round + "-" + shown + TerminalWindow.ENTER);
                Await.pause(Duration.ofMillis(random.nextLong(LONGEST_MOMENT.toMillis())));
            }
        } finally {
            window.kill();
            over.set(true);
            join(writing);
        }
    }

    /** Returns the messages that the peer knows as read. It may hear of more of the last second later. */
    private static List<String> toldAsRead(WirePeer ana) {
        return ana.saidUpTo(ana.wasRead() - 1);
    }

    /**
     * Reads everything, until the peer knows it: all lives before may have been too short for that, and then there
     * would be nothing to judge. An open chat is not enough, because it shows the newest messages alone, and a mark
     * covers the messages before them, too.
     */
    private void readUntilTold(WirePeer ana) {
        bob.zap("read", "ana").out().lines().forEach(printed::add);
        Await.until(() -> "its reading is told", () -> !toldAsRead(ana).isEmpty());
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A last session, until everything that can be known is known. */
    private void comeToRest(Promise promise, WirePeer ana) {
        bob.zap("read", "ana");
        try (TerminalWindow window = bob.session().shows("● online ❯")) {
            window.enter("chat ana").shows("Talking to ana");
            // Nothing comes behind this one: a mailbox is in order.
            ana.says(bobId, "ana-last-word");
            window.shows("ana-last-word");
            window.type("bob-last-word" + TerminalWindow.ENTER);
            Await.until(
                    () -> "ana hears the last word",
                    () -> ana.heard().stream()
                            .anyMatch(message -> message.text().equals("bob-last-word")));
            ana.reads(bobId);
            // Not from the screen: where the message's own line says it already, no other line does.
            Await.until(
                    () -> "the last word was read",
                    () -> JSON.readTree(bob.answer("history", "ana", "--json", "--last", "1"))
                            .get("state")
                            .asString()
                            .equals("read"));
            if (promise == Promise.ASSURED) {
                Await.until(
                        () -> "the last word of ana was read",
                        () -> ana.saidUpTo(ana.wasRead()).contains("ana-last-word"));
            }
            window.type(TerminalWindow.CTRL_D).type(TerminalWindow.CTRL_D);
            assertThat(window.exitCode()).isZero();
            windows.add(window);
        }
    }

    /** A message on the own disk. */
    private record Kept(boolean outgoing, String text, String state, long sentAt) {}

    private List<Kept> history() {
        return bob.answer("history", "ana", "--json", "--last", "100000")
                .lines()
                .map(JSON::readTree)
                .map(message -> new Kept(
                        message.get("outgoing").asBoolean(),
                        message.get("text").asString(),
                        message.get("state").asString(),
                        message.get("sentAt").asLong()))
                .toList();
    }

    private void judge(Promise promise, int rounds, WirePeer ana, List<Kept> kept) {
        List<Kept> came = kept.stream().filter(message -> !message.outgoing()).toList();
        List<Kept> went = kept.stream().filter(Kept::outgoing).toList();
        List<WirePeer.Heard> heard = ana.heard();
        System.out.println(promise + ", " + rounds + " times killed: " + came.size() + " of "
                + ana.said().size() + " came, " + went.size() + " written, " + heard.size() + " of them heard, "
                + went.stream()
                        .filter(message -> message.state().equals("unsure"))
                        .count() + " in doubt");
        judgeWhatCame(promise, rounds, ana, came.stream().map(Kept::text).toList());
        judgeWhatWent(promise, ana, went, heard);
        judgeScreens(came, went, heard);
        assertThat(came).as("there was something to lose").hasSizeGreaterThan(rounds);
    }

    private static void judgeWhatCame(Promise promise, int rounds, WirePeer ana, List<String> came) {
        List<String> said = ana.said();
        assertThat(came).doesNotHaveDuplicates();
        if (promise == Promise.ASSURED) {
            assertThat(came).isEqualTo(said);
            return;
        }
        assertThat(said).containsSubsequence(came);
        // What is missing was lost in the moments of the kills, and at no other time.
        int gaps = 0;
        for (int i = 0; i < said.size(); i++) {
            if (!came.contains(said.get(i)) && (i == 0 || came.contains(said.get(i - 1)))) {
                gaps++;
            }
        }
        assertThat(gaps).isLessThanOrEqualTo(rounds);
    }

    private static void judgeWhatWent(Promise promise, WirePeer ana, List<Kept> went, List<WirePeer.Heard> heard) {
        List<String> texts = heard.stream().map(WirePeer.Heard::text).toList();
        assertThat(texts).as("heard twice").doesNotHaveDuplicates();
        assertThat(went.stream().map(Kept::text)).as("kept twice").doesNotHaveDuplicates();
        assertThat(went.stream().map(Kept::text)).as("heard, and not kept").containsSubsequence(texts);
        if (promise == Promise.ASSURED) {
            assertThat(texts)
                    .as("kept, and not heard")
                    .isEqualTo(went.stream().map(Kept::text).toList());
        }
        var reached = new HashSet<>(texts);
        for (Kept message : went) {
            boolean right = switch (message.state()) {
                case "read" -> reached.contains(message.text()) && message.sentAt() <= ana.hasRead();
                case "delivered", "at-server" -> reached.contains(message.text());
                case "unsure", "sent" -> promise == Promise.BASE;
                default -> false; // nothing waits any more
            };
            assertThat(right).as(message.toString()).isTrue();
        }
    }

    /** Checks that no message was reported as read without having been shown. Lost messages cannot be checked. */
    private static void judgeReading(List<Kept> history, List<String> toldAsRead, Set<String> shown) {
        Set<String> kept = history.stream().map(Kept::text).collect(toSet());
        assertThat(toldAsRead).isNotEmpty();
        assertThat(shown)
                .as("told to have been read")
                .containsAll(toldAsRead.stream().filter(kept::contains).toList());
    }

    /** Checks that every line on a screen was on disk before with the same content, and once in the open chat. */
    private void judgeScreens(List<Kept> came, List<Kept> went, List<WirePeer.Heard> heard) {
        Set<String> kept = new HashSet<>();
        came.forEach(message -> kept.add(message.text()));
        went.forEach(message -> kept.add(message.text()));
        assertThat(kept).as("on the screen, and not on the disk").containsAll(onScreens(MESSAGE_LINE, ANAS));
        assertThat(kept).as("on the screen, and not on the disk").containsAll(onScreens(MESSAGE_LINE, BOBS));
        assertThat(heard.stream().map(WirePeer.Heard::text))
                .as("ticks on the screen")
                .containsAll(onScreens(TICKED_LINE, BOBS));
        for (TerminalWindow window : windows) {
            List<String> inTheChat = window.everything().stream()
                    .dropWhile(line -> !line.startsWith("── "))
                    .flatMap(line -> ANAS.matcher(line).results())
                    .map(MatchResult::group)
                    .toList();
            assertThat(inTheChat).as("shown twice").doesNotHaveDuplicates();
        }
    }

    /** All texts like this in lines like that, on all screens that there have been, and in what was printed. */
    private Set<String> onScreens(Pattern line, Pattern text) {
        return Stream.concat(printed.stream(), windows.stream().flatMap(window -> window.everything().stream()))
                .filter(line.asMatchPredicate())
                .flatMap(one -> text.matcher(one).results())
                .map(MatchResult::group)
                .collect(toSet());
    }
}
