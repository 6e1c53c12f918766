package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LateLogTest {

    @Test
    void onlyWhatTakesLongerIsLateAndAllIsCounted() {
        var log = new LateLog(10);
        assertThat(log.isLate(10)).isFalse();
        assertThat(log.isLate(11)).isTrue();
        var message = new LateMessage(7, 0, 0, 11);
        log.inTime();
        log.add(message);
        assertThat(log.measured()).isEqualTo(2);
        assertThat(log.late()).isEqualTo(1);
        assertThat(log.messages()).containsExactly(message);
    }

    @Test
    void moreThanItHasRoomForAreCountedAndNotKept() {
        var log = new LateLog(10);
        var message = new LateMessage(7, 0, 0, 11);
        for (int i = 0; i < LateLog.MOST + 5; i++) {
            log.add(message);
        }
        assertThat(log.late()).isEqualTo(LateLog.MOST + 5);
        assertThat(log.messages()).hasSize(LateLog.MOST);
    }
}
