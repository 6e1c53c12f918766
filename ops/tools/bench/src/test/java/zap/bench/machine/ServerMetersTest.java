package zap.bench.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerMetersTest {

    private static String page(int one, int two, int all) {
        return """
                # HELP zap_writer_batch_size_writes Writes that shared one commit
                # TYPE zap_writer_batch_size_writes histogram
                zap_writer_batch_size_writes_bucket{le="1.0"} %s
                zap_writer_batch_size_writes_bucket{le="2.0"} %s
                zap_writer_batch_size_writes_bucket{le="+Inf"} %s
                zap_writer_batch_size_writes_count %s
                zap_refusals_total{reason="TOO_FAST"} 3.0
                jvm_info{vendor="Somebody, Inc.",version="25"} 1
                """.formatted(one, two, all, all);
    }

    @Test
    void aPageIsReadLineByLine() {
        assertThat(ServerMeters.parse(page(1, 2, 3)))
                .contains(
                        entry("zap_writer_batch_size_writes_count", 3.0),
                        entry("zap_refusals_total{reason=\"TOO_FAST\"}", 3.0),
                        entry("jvm_info{vendor=\"Somebody, Inc.\",version=\"25\"}", 1.0))
                .hasSize(6);
    }

    @Test
    void commitsAreCountedBetweenTwoReadingsAndBySize() {
        Map<String, Double> before = ServerMeters.parse(page(10, 20, 30));
        Map<String, Double> after = ServerMeters.parse(page(15, 28, 40));
        assertThat(ServerMeters.batchSizes(before, after))
                .containsExactly(entry(1.0, 5.0), entry(2.0, 3.0), entry(Double.POSITIVE_INFINITY, 2.0));
        assertThat(ServerMeters.raised("zap_writer_batch_size_writes_count", before, after))
                .isEqualTo(10);
    }

    @Test
    void withoutAnActuatorThereIsNothing() {
        try (var meters = new ServerMeters(null)) {
            assertThat(meters.read()).isEmpty();
        }
    }
}
