package zap.check.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.check.report.CheckOutcome;
import zap.check.report.CheckOutcome.Result;
import zap.check.report.CheckReport;
import zap.check.report.CheckTexts;
import zap.check.server.DialectProbe.Contact;
import zap.check.server.LittleServer.Mistake;
import zap.kit.ServerTarget;

/** Each mistake of a little server is found by the check that names it, and by no unrelated one. */
@Execution(ExecutionMode.CONCURRENT)
class FaultyServersIT {

    private static final Stage.Pace PACE =
            new Stage.Pace(Duration.ofSeconds(4), Duration.ofMillis(300), Duration.ofMillis(60));

    private static List<CheckOutcome> outcomes(Mistake mistake) throws InterruptedException {
        try (var server = new LittleServer(mistake)) {
            ServerTarget target = ServerTarget.plain("127.0.0.1", server.port());
            Contact contact = new DialectProbe(target, PACE, InstantSource.system()).contact(false);
            assertThat(contact).isInstanceOf(Contact.Spoke.class);
            Dialect dialect = ((Contact.Spoke) contact).dialect();
            return new Suite(target, dialect, PACE, InstantSource.system(), 8, Duration.ofSeconds(40))
                    .run(Catalogue.all(), _ -> {});
        }
    }

    private static List<String> failed(Mistake mistake) throws InterruptedException {
        return numbers(outcomes(mistake), Result.FAILED);
    }

    private static List<String> numbers(List<CheckOutcome> outcomes, Result result) {
        var texts = new CheckTexts(java.util.Locale.ROOT);
        outcomes.stream().filter(CheckOutcome::isFailed).forEach(outcome -> {
            System.out.println(outcome.check().number() + " " + CheckReport.said(texts, outcome.expected()) + " | "
                    + CheckReport.said(texts, outcome.actual()));
            CheckReport.traceLines(outcome, texts).forEach(System.out::println);
        });
        return outcomes.stream()
                .filter(outcome -> outcome.result() == result)
                .map(outcome -> outcome.check().number())
                .toList();
    }

    @Test
    void aServerWithoutAMistakePassesCompletely() throws InterruptedException {
        List<CheckOutcome> outcomes = outcomes(Mistake.NONE);
        assertThat(numbers(outcomes, Result.FAILED)).isEmpty();
        assertThat(numbers(outcomes, Result.LEFT_OUT)).isEmpty();
        assertThat(outcomes).hasSizeGreaterThanOrEqualTo(70);
    }

    @Test
    void oneRecvForEachFrameIsFoundByTheFramingChecksOnly() throws InterruptedException {
        List<String> failed = failed(Mistake.ONE_RECV);
        assertThat(failed).contains("9.1", "9.3").allMatch(number -> number.startsWith("9."));
    }

    @Test
    void receiptsBeforeDeliveryAreFalseReceiptsOnly() throws InterruptedException {
        assertThat(failed(Mistake.EARLY_RECEIPT)).containsExactly("5.4", "5.7");
    }

    @Test
    void mailThatIsLostOfflineIsFoundByTheOfflineChecksOnly() throws InterruptedException {
        assertThat(failed(Mistake.LOSES_OFFLINE)).containsExactly("4.1");
    }

    @Test
    void theServersClockInAReceiptIsFoundByItsCheckOnly() throws InterruptedException {
        assertThat(failed(Mistake.OWN_CLOCK)).containsExactly("5.3");
    }

    @Test
    void aGreetingIsFoundByItsCheckOnly() throws InterruptedException {
        assertThat(failed(Mistake.GREETING)).containsExactly("1.5");
    }

    @Test
    void mailThatIsGivenAgainIsFoundByTheChecksOnDoubles() throws InterruptedException {
        assertThat(failed(Mistake.GIVES_AGAIN)).contains("4.4").isSubsetOf("4.4", "4.11");
    }

    @Test
    void aGroupWithoutItsCreatorIsFoundByTheFirstCheckOfGroups() throws InterruptedException {
        assertThat(failed(Mistake.FORGETS_CREATOR)).containsExactly("7.1");
    }

    @Test
    void aTextThatIsCountedInBytesIsFoundByTheChecksOnWidths() throws InterruptedException {
        assertThat(failed(Mistake.COUNTS_BYTES)).containsExactly("8.3", "8.4", "8.5");
    }

    @Test
    void afterTheDeathOfTheServerTheRestIsLeftOut() throws InterruptedException {
        List<CheckOutcome> outcomes = outcomes(Mistake.DIES);
        assertThat(numbers(outcomes, Result.FAILED)).containsExactly("11.1");
        assertThat(numbers(outcomes, Result.LEFT_OUT)).contains("11.2", "11.18");
    }

    @Test
    void afterTheServerHangsTheRestIsLeftOut() throws InterruptedException {
        List<CheckOutcome> outcomes = outcomes(Mistake.HANGS);
        assertThat(numbers(outcomes, Result.FAILED)).containsExactly("11.1");
        assertThat(numbers(outcomes, Result.LEFT_OUT)).contains("11.2", "11.18");
    }

    @Test
    void anIdOfFourteenDigitsIsFoundByTheCheckOnItsDigits() throws InterruptedException {
        List<String> failed = failed(Mistake.LONG_IDS);
        assertThat(failed).startsWith("1.2");
    }

    @Test
    void aFloodEndsInBoundedTimeAndMemory() throws InterruptedException {
        long begin = System.nanoTime();
        assertThat(outcomes(Mistake.FLOODS)).anyMatch(CheckOutcome::isFailed);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(60));
    }

    @Test
    void aServerThatSaysNothingIsNoServer() throws InterruptedException {
        try (var server = new LittleServer(Mistake.SILENT)) {
            ServerTarget target = ServerTarget.plain("127.0.0.1", server.port());
            assertThat(new DialectProbe(target, PACE, InstantSource.system()).contact(false))
                    .isInstanceOfSatisfying(
                            Contact.NoServer.class,
                            none -> assertThat(none.reason().key()).isEqualTo("no-server.silent"));
        }
    }
}
