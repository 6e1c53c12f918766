package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicationStateTest {

    @ParameterizedTest
    @CsvSource({
        "true, true, true, SYNCHRONOUS",
        "true, true, false, WAITING",
        "true, false, false, WAITING",
        "false, true, true, ASYNCHRONOUS",
        "false, true, false, ASYNCHRONOUS",
        "false, false, false, NONE",
    })
    void whatAFailoverKeepsDependsOnWhatCommitsWaitFor(
            boolean waits, boolean any, boolean anySynchronous, ReplicationState.Kind kind) {
        assertThat(ReplicationState.kind(waits, any, anySynchronous)).isEqualTo(kind);
    }
}
