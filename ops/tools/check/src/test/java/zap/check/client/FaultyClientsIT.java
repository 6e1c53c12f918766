package zap.check.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.check.client.LittleClient.Mistake;
import zap.check.report.CheckOutcome;
import zap.check.report.CheckOutcome.Result;
import zap.check.report.CheckTexts;
import zap.kit.Phrase;

/** Each mistake of a little client is found by the check that names it, and by no unrelated one. */
@Execution(ExecutionMode.CONCURRENT)
class FaultyClientsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final Duration QUIET = Duration.ofMillis(400);

    /** The hands at a little client in this process. */
    private static final class Hands implements Driver {

        private final LittleClient client;

        Hands(LittleClient client) {
            this.client = client;
        }

        @Override
        public @Nullable Phrase tell(Act act, Map<String, String> values) {
            String bob = Conversation.BOB;
            client.elsewhere(act == Act.UNREAD);
            switch (act) {
                case REGISTER -> client.register();
                case SEND, AGAIN, TEXT, LONG -> client.send(bob, String.valueOf(values.get("text")));
                case GROUP -> client.createGroup(bob, Conversation.CARLA);
                case GROUP_SEND -> client.send(String.valueOf(values.get("group")), String.valueOf(values.get("text")));
                case OFFLINE -> client.quit();
                case RETURN -> client.comeBack();
                default -> {
                    // It shows what comes at once.
                }
            }
            return null;
        }

        @Override
        public Signal signal() {
            return Signal.NONE;
        }

        @Override
        public Boolean shows(String text) throws InterruptedException {
            long end = System.nanoTime() + PATIENCE.toNanos() / 2;
            while (!client.shown().contains(text) && System.nanoTime() < end) {
                Thread.sleep(20); // the client does not say when it shows something
            }
            return client.shown().contains(text);
        }

        @Override
        public Boolean hasShown(String text) {
            return client.shown().contains(text);
        }

        @Override
        public String lastWords() {
            return "";
        }

        @Override
        public Duration patience() {
            return PATIENCE;
        }

        @Override
        public boolean mayBeAway() {
            return false;
        }

        @Override
        public boolean hasEnded() {
            return false;
        }

        @Override
        public void close() {
            client.close();
        }
    }

    private static List<CheckOutcome> outcomes(Mistake mistake, boolean strict) {
        try {
            ServerSocket listener = ListeningSocket.open("127.0.0.1", 0, null);
            try (var client = new LittleClient(mistake, "127.0.0.1", listener.getLocalPort(), "", _ -> {})) {
                var hands = new Hands(client);
                var holder = new Conversation[1];
                try (var conversation = new Conversation(
                        listener,
                        strict,
                        InstantSource.system(),
                        RandomGenerator.getDefault(),
                        _ -> {},
                        read -> ClientSuite.lookAt(read, holder[0].given(), hands))) {
                    holder[0] = conversation;
                    var suite = new ClientSuite(conversation, hands, null, Map.of(), QUIET);
                    suite.play(List.of(Act.values()));
                    return shown(ClientSuite.judge(ClientCatalogue.all(), suite.evidence()));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static List<CheckOutcome> shown(List<CheckOutcome> outcomes) {
        var texts = new CheckTexts(Locale.ROOT);
        outcomes.stream()
                .filter(CheckOutcome::isFailed)
                .forEach(outcome -> System.out.println(outcome.check().number()
                        + " " + texts.say(java.util.Objects.requireNonNull(outcome.expected())) + " | "
                        + texts.say(java.util.Objects.requireNonNull(outcome.actual()))));
        return outcomes;
    }

    private static List<String> numbers(List<CheckOutcome> outcomes, Result result) {
        return outcomes.stream()
                .filter(outcome -> outcome.result() == result)
                .map(outcome -> outcome.check().number())
                .toList();
    }

    private static List<String> failed(Mistake mistake) {
        return numbers(outcomes(mistake, false), Result.FAILED);
    }

    @Test
    void aClientWithoutAMistakePassesCompletely() {
        List<CheckOutcome> outcomes = outcomes(Mistake.NONE, false);
        assertThat(numbers(outcomes, Result.FAILED)).isEmpty();
        // It sends no 03 after 02, and no file was given.
        assertThat(numbers(outcomes, Result.LEFT_OUT)).containsExactly("C1.3", "C12.1");
        assertThat(outcomes).hasSizeGreaterThanOrEqualTo(50);
    }

    @Test
    void shortFramesAreADialectAndNoFault() {
        List<CheckOutcome> outcomes = outcomes(Mistake.SHORT, false);
        assertThat(numbers(outcomes, Result.FAILED)).isEmpty();
        assertThat(numbers(outcomes, Result.LEFT_OUT)).contains("C9.2", "C10.1").hasSizeLessThan(16);
    }

    @Test
    void strictlyShortFramesAreAFault() {
        assertThat(numbers(outcomes(Mistake.SHORT, true), Result.FAILED)).contains("C9.2");
    }

    @Test
    void oneRecvForEachFrameIsFoundByTheChecksOnSegmentsOnly() {
        assertThat(failed(Mistake.ONE_RECV))
                .contains("C10.1", "C10.2", "C10.5", "C10.6", "C10.7")
                .allMatch(number -> number.startsWith("C10."));
    }

    @Test
    void aReadMarkForWhatWasNotShownIsFoundByItsCheckOnly() {
        assertThat(failed(Mistake.READS_UNSHOWN)).containsExactly("C6.4");
    }

    @Test
    void aReadMarkForAPeerThatWroteNothingIsFoundByItsCheckOnly() {
        assertThat(failed(Mistake.READS_RECEIPTS)).containsExactly("C6.5");
    }

    @Test
    void aReadMarkForHalfAMessageIsFoundByItsCheckOnly() {
        assertThat(failed(Mistake.READS_HALF)).containsExactly("C6.6");
    }

    @Test
    void millisecondsAreFoundByTheirCheckOnly() {
        assertThat(failed(Mistake.MILLISECONDS)).containsExactly("C3.5");
    }

    @Test
    void paddingThatCountsBytesIsFoundByTheCheckOnWidthsOnly() {
        assertThat(failed(Mistake.PADS_BYTES)).containsExactly("C9.2");
    }

    @Test
    void theClientsClockInAReadMarkIsFoundByItsCheckOnly() {
        assertThat(failed(Mistake.OWN_CLOCK)).containsExactly("C6.3");
    }

    @Test
    void aReadMarkForAGroupIsFoundByItsCheckOnly() {
        assertThat(failed(Mistake.READS_GROUP)).containsExactly("C8.9");
    }

    @Test
    void aSecondRegistrationIsFoundByTheChecksOnComingBackOnly() {
        assertThat(failed(Mistake.REGISTERS_AGAIN)).contains("C2.1").isSubsetOf("C2.1", "C2.5", "C11.1", "C11.2");
    }

    @Test
    void aClientThatStaysAwayIsFoundByTheCheckOnHangUpsOnly() {
        assertThat(failed(Mistake.STAYS_AWAY)).containsExactly("C2.5");
    }

    @Test
    void aClientThatShowsNothingIsFoundByOneCheckAndWhatNeedsItIsLeftOut() {
        List<CheckOutcome> outcomes = outcomes(Mistake.SHOWS_NOTHING, false);
        assertThat(numbers(outcomes, Result.FAILED)).containsExactly("C5.1");
        assertThat(numbers(outcomes, Result.LEFT_OUT)).contains("C2.3", "C6.1", "C6.2", "C8.8", "C8.9", "C10.1");
    }

    @Test
    void aFrozenClockIsFoundByItsCheckOnly() {
        assertThat(failed(Mistake.FROZEN_CLOCK)).containsExactly("C3.8");
    }

    @Test
    void aReportCanBeGivenBeforeAnythingHasHappened() {
        var evidence =
                new Evidence(List.of(), List.of(), Set.of(), Map.of(), Map.of(), Set.of(), null, dialectOfNothing());
        assertThat(ClientSuite.judge(ClientCatalogue.all(), evidence))
                .allMatch(outcome -> outcome.result() == Result.LEFT_OUT);
    }

    private static ClientDialect dialectOfNothing() {
        return new ClientDialect(false, false, false, false, false, false, false);
    }

    @Test
    void aFloodEndsInBoundedTimeAndMemory() {
        assertThat(failed(Mistake.FLOODS)).containsExactly("C11.3");
    }

    @Test
    void aClientThatDoesNothingHasNotRegistered() {
        assertThat(failed(Mistake.SILENT)).containsExactly("C1.1");
    }
}
