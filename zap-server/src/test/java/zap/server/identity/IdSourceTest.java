package zap.server.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import zap.protocol.ClientId;
import zap.protocol.GroupId;

class IdSourceTest {

    private static final int MANY = 10_000;

    private final IdSource ids = new IdSource(new Random(1));

    @Test
    void aClientsIdBeginsWithOneAndHasThirteenDigits() {
        for (int i = 0; i < MANY; i++) {
            assertThat(ids.nextClient().toString()).matches("1\\d{12}");
        }
    }

    @Test
    void aGroupsIdBeginsWithTwoAndHasThirteenDigits() {
        for (int i = 0; i < MANY; i++) {
            GroupId id = ids.nextGroup();
            assertThat(id.toString()).matches("2\\d{12}");
            assertThat(IdSource.isGroup(id.value())).isTrue();
        }
    }

    @Test
    void idsAreNotCountedUp() {
        long one = ids.nextClient().value();
        long next = ids.nextClient().value();
        assertThat(Math.abs(next - one)).isGreaterThan(1);
    }

    @ParameterizedTest
    @CsvSource({
        "1000000000000, false",
        "1999999999999, false",
        "2000000000000, true",
        "2999999999999, true",
        "3000000000000, false",
    })
    void aGroupIsToldFromAClientByItsFirstDigit(long id, boolean group) {
        assertThat(IdSource.isGroup(id)).isEqualTo(group);
    }

    @Test
    void theSmallestAndTheGreatestRandomNumbersMakeGoodIds() {
        assertThat(new IdSource(alwaysBits(0)).nextClient()).isEqualTo(new ClientId(1_000_000_000_000L));
        assertThat(new IdSource(alwaysBits(0)).nextGroup()).isEqualTo(new GroupId(2_000_000_000_000L));
    }

    private static RandomGenerator alwaysBits(long bits) {
        return () -> bits;
    }
}
