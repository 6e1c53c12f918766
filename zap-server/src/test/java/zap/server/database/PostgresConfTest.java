package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresConfTest {

    private static final long MEGABYTE = 1024 * 1024;

    @ParameterizedTest
    @CsvSource({"128,16", "256,16", "512,32", "1024,64", "2048,128", "65536,128"})
    void postgresTakesLessWhereThereIsLittle(long memory, int buffers) {
        assertThat(PostgresConf.sharedBuffers(memory * MEGABYTE)).isEqualTo(buffers);
    }

    @Test
    void whereItListensAndWhatItTakesIsSet() {
        assertThat(PostgresConf.with("::1", 20_001, 32))
                .contains("listen_addresses = '::1'\n", "port = 20001\n", "shared_buffers = '32MB'\n");
    }
}
