package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers and bytes that check themselves. */
class ValuesTest {

    /** A kind of number: how to make it, how to parse it, and its greatest value. */
    record Kind(String name, LongFunction<Object> of, Function<String, Object> parse, int width, long max) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Kind> kinds() {
        long thirteenNines = 9_999_999_999_999L;
        return Stream.of(
                new Kind("a client id", ClientId::new, ClientId::parse, 13, thirteenNines),
                new Kind("a group id", GroupId::new, GroupId::parse, 13, thirteenNines),
                new Kind("an address", Address::new, Address::parse, 13, thirteenNines),
                new Kind("a stream", StreamId::new, StreamId::parse, 13, thirteenNines),
                new Kind("a timestamp", PosixTime::new, PosixTime::parse, 10, 9_999_999_999L),
                new Kind("a position", Position::new, Position::parse, 19, Long.MAX_VALUE));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void itIsWrittenWithAllItsDigits(Kind kind) {
        assertThat(kind.of().apply(0)).hasToString("0".repeat(kind.width()));
        assertThat(kind.of().apply(1)).hasToString("0".repeat(kind.width() - 1) + "1");
        assertThat(kind.of().apply(kind.max())).hasToString(Long.toString(kind.max()));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void itReadsWhatItWrites(Kind kind) {
        for (long value : new long[] {0, 1, 42, kind.max() / 2, kind.max() - 1, kind.max()}) {
            Object written = kind.of().apply(value);
            assertThat(kind.parse().apply(written.toString())).isEqualTo(written);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void itStopsAtItsEnds(Kind kind) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.of().apply(-1))
                .withMessage(kind.name() + " is a number from 0 to " + kind.max() + ", not -1");
        if (kind.max() < Long.MAX_VALUE) {
            assertThatIllegalArgumentException().isThrownBy(() -> kind.of().apply(kind.max() + 1));
        } else {
            assertThatIllegalArgumentException().isThrownBy(() -> kind.parse().apply("9223372036854775808"));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void onlyExactlyItsDigitsAreIt(Kind kind) {
        String good = "1".repeat(kind.width());
        for (String bad : List.of(
                "",
                good + "1",
                good.substring(1),
                " " + good.substring(1),
                good.substring(1) + " ",
                "-" + good.substring(1),
                "+" + good.substring(1),
                "٣" + good.substring(1),
                good.substring(1) + "x")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> kind.parse().apply(bad))
                    .withMessageStartingWith(kind.name() + " has ");
        }
    }

    @Test
    void numbersHaveAnOrder() {
        assertThat(new PosixTime(9)).isLessThan(new PosixTime(10));
        assertThat(new Position(9)).isLessThan(new Position(10));
        assertThat(ClientId.parse("1000000000017")).isGreaterThan(ClientId.parse("0999999999999"));
    }

    @Test
    void anAddressIsTheSameNumberAsTheClientOrTheGroup() {
        assertThat(ClientId.parse("1000000000017").asAddress()).isEqualTo(Address.parse("1000000000017"));
        assertThat(GroupId.parse("2450000000031").asAddress().asGroup()).isEqualTo(GroupId.parse("2450000000031"));
        assertThat(Address.parse("1000000000017").asClient()).isEqualTo(ClientId.parse("1000000000017"));
    }

    @Test
    void aTimestampIsTheSecondThatAnInstantLiesIn() {
        assertThat(PosixTime.of(Instant.parse("2026-11-22T18:27:10.999Z"))).isEqualTo(new PosixTime(1795372030));
        assertThat(new PosixTime(42).toInstant()).isEqualTo(Instant.parse("1970-01-01T00:00:42Z"));
        assertThatIllegalArgumentException().isThrownBy(() -> PosixTime.of(Instant.parse("1969-12-31T23:59:59Z")));
    }

    @Test
    void afterAPositionComesTheNext() {
        assertThat(new Position(41).next()).isEqualTo(new Position(42));
        assertThatIllegalStateException().isThrownBy(() -> new Position(Long.MAX_VALUE).next());
    }

    @Test
    void bytesAreCopiedInAndOut() {
        byte[] bytes = new byte[32];
        new Random(17).nextBytes(bytes);
        Nonce nonce = Nonce.of(bytes);
        PublicKeyBytes key = PublicKeyBytes.of(bytes);
        byte[] before = bytes.clone();
        bytes[0]++;
        nonce.bytes()[1]++;
        key.bytes()[1]++;
        assertThat(nonce.bytes()).isEqualTo(before);
        assertThat(key.bytes()).isEqualTo(before);
        assertThat(nonce).isEqualTo(Nonce.of(before)).hasSameHashCodeAs(Nonce.of(before));
        assertThat(nonce).isNotEqualTo(Nonce.of(bytes)).isNotEqualTo(key);
        assertThat(key).isEqualTo(PublicKeyBytes.of(before)).hasSameHashCodeAs(PublicKeyBytes.of(before));
    }

    @Test
    void bytesComeInOneLengthOnly() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nonce.of(new byte[31]))
                .withMessage("a nonce has 32 bytes, not 31");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PublicKeyBytes.of(new byte[33]))
                .withMessage("a public key has 32 bytes, not 33");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignatureBytes.of(new byte[32]))
                .withMessage("a signature has 64 bytes, not 32");
    }

    @Test
    void keysAndNoncesAreShownInHexAndSignaturesByTheirBeginning() {
        byte[] bytes = new byte[32];
        bytes[0] = (byte) 0xC3;
        assertThat(Nonce.of(bytes)).hasToString("c3" + "0".repeat(62));
        assertThat(PublicKeyBytes.of(bytes)).hasToString("c3" + "0".repeat(62));
        byte[] signature = new byte[64];
        signature[3] = 7;
        assertThat(SignatureBytes.of(signature)).hasToString("00000007…");
        assertThat(SignatureBytes.of(new byte[64]))
                .isEqualTo(SignatureBytes.NONE)
                .hasToString("none");
    }

    @Test
    void aDigestIsEightLowerCaseHexDigits() {
        assertThat(HistoryDigest.parse("0a00ff01")).hasToString("0a00ff01");
        assertThat(HistoryDigest.EMPTY).hasToString("00000000");
        assertThat(HistoryDigest.parse("e3069283").value()).isEqualTo(0xe3069283);
        for (String wrong : new String[] {"0A00ff01", "0a00ff0", "0a00ff011", "0x00ff01", ""}) {
            assertThatIllegalArgumentException().isThrownBy(() -> HistoryDigest.parse(wrong));
        }
    }

    @Test
    void aMessageIdHasThirteenDigits() {
        assertThat(MessageId.parse("0000000000042"))
                .isEqualTo(new MessageId(42))
                .hasToString("0000000000042");
        assertThat(new MessageId(MessageId.COUNT - 1)).hasToString("9999999999999");
        assertThatIllegalArgumentException().isThrownBy(() -> new MessageId(MessageId.COUNT));
        assertThatIllegalArgumentException().isThrownBy(() -> MessageId.parse("42"));
    }
}
