package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.shell.store.StoreFixture.ANA;
import static zap.shell.store.StoreFixture.NOW;
import static zap.shell.store.StoreFixture.SESSION;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.PosixTime;
import zap.shell.store.ReadMarks.ReadMark;

/** Tests the read marks that authors get: never beyond a message that was not shown. */
class ReadMarksTest {

    private static final long SECOND = 1_800_000_000;

    private StoreFixture store;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = new StoreFixture(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private long came(long second) {
        return store.incoming
                .add(ANA.asAddress(), ANA, new PosixTime(second), "at " + second, NOW, SESSION)
                .number();
    }

    private static ReadMark upTo(long second) {
        return new ReadMark(ANA, new PosixTime(second));
    }

    @Test
    void aMarkEndsBeforeTheOldestMessageThatWasNotShown() {
        long first = came(SECOND);
        long second = came(SECOND + 1);
        long third = came(SECOND + 2);
        store.readMarks.seen(List.of(first, third), true);
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND));
        store.readMarks.seen(List.of(second), true);
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND + 2));
    }

    @Test
    void aMarkGoesOutOnceUnlessItsAnswerIsMissing() {
        store.readMarks.seen(List.of(came(SECOND)), true);
        store.readMarks.told(upTo(SECOND), 7);
        assertThat(store.readMarks.due(NOW)).isEmpty();
        store.readMarks.tellAgainAfter(7);
        assertThat(store.readMarks.due(NOW)).as("answered up to it").isEmpty();
        store.readMarks.tellAgainAfter(6);
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND));
        store.readMarks.told(upTo(SECOND), 8);
        store.readMarks.tellAllAgain();
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND));
    }

    @Test
    void withoutReadReceiptsNothingIsDue() {
        store.readMarks.seen(List.of(came(SECOND)), false);
        assertThat(store.readMarks.due(NOW)).isEmpty();
        store.readMarks.seen(List.of(came(SECOND + 1)), true);
        assertThat(store.readMarks.due(NOW)).as("with the next one").containsExactly(upTo(SECOND + 1));
    }

    @Test
    void behindAHoleNothingIsDueUntilTheUserAllowsIt() {
        long before = came(SECOND);
        var settings = new ProfileSettings(store.database);
        settings.holeBehind(before);
        store.readMarks.seen(List.of(before, came(SECOND + 1)), true);
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND));
        settings.receipts(true);
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND + 1));
    }

    @Test
    void aMarkAheadOfTheClockFollowsOneThatIsNot() {
        long ahead = NOW.getEpochSecond() + 1000;
        store.readMarks.seen(List.of(came(SECOND), came(ahead)), true);
        assertThat(store.readMarks.due(NOW)).containsExactly(upTo(SECOND), upTo(ahead));
    }

    @Test
    void blockedPeopleGetNoMarks() {
        store.readMarks.seen(List.of(came(SECOND)), true);
        new Blocks(store.database).block(ANA);
        assertThat(store.readMarks.due(NOW)).isEmpty();
    }
}
