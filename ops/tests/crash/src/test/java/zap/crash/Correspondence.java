package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import zap.crash.Correspondent.Heard;
import zap.crash.Correspondent.Pace;
import zap.crash.Correspondent.Said;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;

/**
 * Four programs that write to each other, one by one and as a group, while things die; and the judge of what became of
 * it.
 */
final class Correspondence implements AutoCloseable {

    private static final List<String> NAMES = List.of("ana", "ben", "cleo", "dora");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Correspondent> all = new ArrayList<>();
    private final Logs logs;

    /**
     * The counts of a correspondence that has passed all checks.
     *
     * @param stored messages, each of them counted once for each recipient
     * @param unstored messages that were written to a server that was killed before it had stored them
     * @param heard frames of all kinds, repetitions included
     * @param repetitions frames that were given once more after the server had been killed
     * @param receipts delivery receipts (07)
     * @param overUnstored those of them that also cover a message that the server had never stored
     * @param receiptsMissing read receipts (09) that did not come, although something new was left of the marks (08)
     */
    record Outcome(
            long stored,
            long unstored,
            long heard,
            long repetitions,
            long receipts,
            long overUnstored,
            long receiptsMissing) {}

    private Correspondence(Logs logs) {
        this.logs = logs;
    }

    /** They register and make a group, on a server that is ready. */
    static Correspondence begin(int port, Logs logs, long seed) throws IOException {
        var correspondence = new Correspondence(logs);
        var seeds = new SplittableRandom(seed);
        for (String name : NAMES) {
            var correspondent = new Correspondent(name, port, seeds.nextLong());
            correspondence.all.add(correspondent);
            correspondent.begin();
        }
        correspondence.await("registration", correspondent -> correspondent.id() != null);
        Correspondent first = correspondence.all.getFirst();
        first.makeGroup(correspondence.others(first));
        correspondence.await("the group", correspondent -> correspondent.group() != null);
        return correspondence;
    }

    private List<String> others(Correspondent one) {
        return all.stream().filter(other -> other != one).map(Correspondent::id).toList();
    }

    void await(String what, Predicate<Correspondent> done) {
        for (Correspondent one : all) {
            RunningServer.await(one + ": " + what, PATIENCE, () -> done.test(one));
        }
    }

    List<Correspondent> all() {
        return all;
    }

    void send(Pace pace) {
        all.forEach(one -> one.beginToSend(others(one), pace));
    }

    /** From now on it is another life of the server. */
    void life(int number) {
        all.forEach(one -> one.life(number));
    }

    /**
     * The server is dead. What it has on record as given is what its clients have heard, and no more: written was
     * heard.
     *
     * @return how much had been written and was not on record yet: it will be given once more
     */
    long serverDied() throws SQLException {
        await("its connection ends", one -> !one.isConnected());
        awaitUnused();
        long again = 0;
        for (Correspondent one : all) {
            long given = logs.counters(one.id()).given();
            long heard = one.position();
            long more = one.resumeAfter(given);
            assertThat(more)
                    .as("%s has heard up to position %d; given, it says in the table, is %d", one, heard, given)
                    .isNotNegative();
            again += more;
        }
        return again;
    }

    /** A transaction that the server was just committing when it died may still come to its end. */
    private void awaitUnused() {
        RunningServer.await("the server's database connections end", PATIENCE, () -> {
            try {
                return !logs.areInUse();
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** Everybody hears something new: the server stores and gives again. */
    void awaitProgress() {
        Map<Correspondent, Long> before = new HashMap<>();
        all.forEach(one -> before.put(one, one.position()));
        await("hears something new", one -> one.position() > before.get(one));
    }

    /** They stop sending, and everything that is under way arrives. */
    void comeToRest() throws IOException, InterruptedException, SQLException {
        all.forEach(Correspondent::quiet);
        var last = new LinkedHashMap<Correspondent, Long>();
        for (Correspondent one : all) {
            last.put(one, one.sayLast());
        }
        await("its last message to itself", one -> one.hasHeardFromItself(last.get(one)));
        for (Correspondent one : all) {
            RunningServer.await(one + " has been given everything, with all receipts", PATIENCE, () -> {
                try {
                    return all.stream().allMatch(this::isDrained);
                } catch (IllegalStateException e) {
                    throw new AssertionError(e);
                }
            });
        }
    }

    private boolean isDrained(Correspondent one) {
        try {
            Logs.Counters counters = logs.counters(one.id());
            return counters.isDrained() && counters.tail() == one.position();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Compares what was said, what is in the tables, and what was heard. After {@link #comeToRest}. */
    Outcome judge() throws SQLException {
        var written = new HashMap<String, List<String>>();
        for (Correspondent one : all) {
            written.put(one.id(), logs.of(one.id()));
        }
        long heard = 0;
        for (Correspondent one : all) {
            heard += heardIsTheLog(one, written.get(one.id()));
        }
        long stored = 0;
        long unstored = 0;
        long receipts = 0;
        long overUnstored = 0;
        long receiptsMissing = 0;
        for (Correspondent sender : all) {
            Map<String, List<Said>> storedFor = new HashMap<>();
            for (Correspondent recipient : all) {
                List<Said> messages = storedMessages(sender, recipient, written.get(recipient.id()));
                storedFor.put(recipient.id(), messages);
                stored += messages.size();
                receiptsMissing += readReceiptsAreTrue(recipient, sender, messages, written.get(sender.id()));
            }
            List<Said> lost = unstored(sender, storedFor);
            unstored += lost.size();
            for (Correspondent recipient : all) {
                List<Long> promises =
                        receiptsAreTrue(sender, recipient, storedFor.get(recipient.id()), written.get(recipient.id()));
                receipts += promises.size();
                overUnstored += lost.stream()
                        .filter(message -> isFor(message, recipient))
                        .flatMap(message -> promises.stream()
                                .filter(upTo -> upTo >= message.timestamp())
                                .limit(1))
                        .distinct()
                        .count();
            }
        }
        long repetitions = all.stream().mapToLong(Correspondent::repetitions).sum();
        return new Outcome(stored, unstored, heard, repetitions, receipts, overUnstored, receiptsMissing);
    }

    /**
     * Every position was heard, with exactly the frame that the log has there; those who heard one again knew that
     * before.
     */
    private static long heardIsTheLog(Correspondent one, List<String> log) {
        List<Heard> heard = one.heard();
        long most = 0;
        for (Heard frame : heard) {
            assertThat(frame.position())
                    .as("%s: the position of %s", one, frame.frame().strip())
                    .isLessThanOrEqualTo(most + 1);
            most = Math.max(most, frame.position());
            assertThat(frame.position())
                    .as("%s heard more than its log has", one)
                    .isLessThanOrEqualTo(log.size());
            assertThat(frame.frame())
                    .as("%s, position %d, life %d", one, frame.position(), frame.life())
                    .isEqualTo(log.get(Math.toIntExact(frame.position()) - 1));
        }
        assertThat(most).as("what %s has heard of its log", one).isEqualTo(log.size());
        return heard.size();
    }

    /** Returns this sender's messages in the recipient's log: each once, unchanged, in the order of sending. */
    private static List<Said> storedMessages(Correspondent sender, Correspondent recipient, List<String> log) {
        Map<Long, Said> bySecond = new HashMap<>();
        sender.said().stream()
                .filter(said -> said.code().equals("05"))
                .forEach(said -> bySecond.put(said.timestamp(), said));
        var messages = new ArrayList<Said>();
        long newest = 0;
        for (String frame : log) {
            if (frame.startsWith("06" + sender.id())) {
                long second = Long.parseLong(frame.substring(28, 38));
                assertThat(second)
                        .as("the order from %s to %s", sender, recipient)
                        .isGreaterThan(newest);
                newest = second;
                Said said = bySecond.get(second);
                assertThat(said).as("what %s sent in second %d", sender, second).isNotNull();
                assertThat(isFor(said, recipient)).isTrue();
                assertThat(frame)
                        .isEqualTo(FrameText.deliver(sender.id(), said.dst(), second, Correspondent.text(second)));
                messages.add(said);
            }
        }
        return messages;
    }

    private static boolean isFor(Said said, Correspondent recipient) {
        return said.dst().equals(recipient.id()) || said.dst().equals(recipient.group());
    }

    /**
     * Returns the sender's messages that no log has. They are the last ones before a kill of the server; a message to
     * the group is in all logs or in none.
     */
    private List<Said> unstored(Correspondent sender, Map<String, List<Said>> storedFor) {
        Map<Said, Integer> copies = new HashMap<>();
        storedFor.values().forEach(messages -> messages.forEach(said -> copies.merge(said, 1, Integer::sum)));
        var lost = new ArrayList<Said>();
        for (Said said : sender.said()) {
            if (said.code().equals("05")) {
                int recipients = said.dst().equals(sender.group()) ? all.size() - 1 : 1;
                int count = copies.getOrDefault(said, 0);
                assertThat(count)
                        .as("for how many %s's message of second %d was stored", sender, said.timestamp())
                        .isIn(0, recipients);
                if (count == 0) {
                    lost.add(said);
                } else if (!lost.isEmpty()) {
                    assertThat(said.life())
                            .as(
                                    "%s's message of second %d was not stored, the later one of second %d was",
                                    sender, lost.getLast().timestamp(), said.timestamp())
                            .isGreaterThan(lost.getLast().life());
                }
            }
        }
        return lost;
    }

    /**
     * The read receipts (09) in the originator's log belong to read marks (08) that the reader sent.
     *
     * @param messages what the reader's log has from the originator
     * @return how many receipts are missing
     */
    private static long readReceiptsAreTrue(
            Correspondent reader, Correspondent originator, List<Said> messages, List<String> log) {
        Set<Long> seconds = messages.stream().map(Said::timestamp).collect(Collectors.toSet());
        List<Long> receipts = log.stream()
                .filter(frame -> frame.startsWith("09" + reader.id()))
                .map(frame -> Long.valueOf(frame.substring(15)))
                .toList();
        List<Long> marks = readMarks(reader, originator);
        OptionalLong missing = new MarksJudge(receipts, seconds).missing(marks);
        assertThat(missing)
                .as("%s's receipts %s for %s, without those of marks %s", reader, receipts, originator, marks)
                .isPresent();
        return missing.getAsLong();
    }

    private static List<Long> readMarks(Correspondent reader, Correspondent originator) {
        return reader.said().stream()
                .filter(said -> said.code().equals("08") && said.dst().equals(originator.id()))
                .map(Said::timestamp)
                .toList();
    }

    /**
     * A 07 came when the recipient had been given everything stored that it covers: in the same life of the server or
     * an earlier one. None comes twice, and at the end all is covered.
     *
     * @return the promises
     */
    private static List<Long> receiptsAreTrue(
            Correspondent sender, Correspondent recipient, List<Said> stored, List<String> log) {
        var firstLife = new HashMap<Long, Integer>();
        recipient.heard().forEach(heard -> firstLife.putIfAbsent(heard.position(), heard.life()));
        // second → the newest life that was needed to give the recipient everything up to it
        var givenIn = new LinkedHashMap<Long, Integer>();
        int newestLife = 0;
        for (int i = 0; i < log.size(); i++) {
            if (log.get(i).startsWith("06" + sender.id())) {
                newestLife = Math.max(newestLife, firstLife.get(i + 1L));
                givenIn.put(Long.valueOf(log.get(i).substring(28, 38)), newestLife);
            }
        }
        var promises = new ArrayList<Long>();
        long position = 0;
        for (Heard heard : sender.heard()) {
            if (heard.frame().startsWith("07" + recipient.id())) {
                long upTo = Long.parseLong(heard.frame().substring(15));
                assertThat(givenIn)
                        .as("%s's messages to %s, of which a 07 speaks", sender, recipient)
                        .containsKey(upTo);
                assertThat(givenIn.get(upTo))
                        .as("the life in which %s got what the 07 of %d promises to %s", recipient, upTo, sender)
                        .isLessThanOrEqualTo(heard.life());
                if (heard.position() > position) {
                    assertThat(upTo)
                            .as("receipts of %s for %s", recipient, sender)
                            .isGreaterThan(promises.isEmpty() ? 0 : promises.getLast());
                    promises.add(upTo);
                }
            }
            position = Math.max(position, heard.position());
        }
        if (!stored.isEmpty()) {
            assertThat(promises.getLast())
                    .as("what %s knows of its messages to %s", sender, recipient)
                    .isEqualTo(stored.getLast().timestamp());
        }
        return promises;
    }

    /** Every message that was written has arrived, and every read mark: the server was there all the time. */
    Outcome judgeThatNothingIsMissing() throws SQLException {
        Outcome outcome = judge();
        assertThat(outcome.unstored()).as("messages that are missing").isZero();
        assertThat(outcome.repetitions()).isZero();
        assertThat(outcome.receiptsMissing())
                .as("read receipts that are missing")
                .isZero();
        for (Correspondent one : all) {
            assertThat(one.unexpectedEnds())
                    .as("connections of %s that ended by themselves", one)
                    .isZero();
        }
        return outcome;
    }

    @Override
    public void close() {
        all.forEach(Correspondent::close);
    }
}
