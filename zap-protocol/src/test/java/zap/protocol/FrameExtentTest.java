package zap.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import zap.protocol.MalformedFrameException.Fault;

/** Ends and faults of frames, for programs that show them. */
class FrameExtentTest {

    private static final String SEND = "05100000000001717392500188461795372030";

    static Iterable<GoldenFrame> goldenFrames() {
        return GoldenFrame.all();
    }

    @ParameterizedTest
    @MethodSource("goldenFrames")
    void theEndIsKnownWithTheLastByteAndNotBefore(GoldenFrame golden) throws MalformedFrameException {
        byte[] bytes = golden.bytes();
        for (int limit = 1; limit < bytes.length; limit++) {
            assertThat(FrameExtent.of(bytes, 0, limit).end())
                    .as("%d bytes", limit)
                    .isEqualTo(FrameExtent.NOT_YET);
        }
        FrameExtent whole = FrameExtent.of(bytes, 0, bytes.length);
        assertThat(whole.end()).isEqualTo(bytes.length);
        assertThat(whole.type()).isNotNull();
        assertThat(whole.type().code()).isEqualTo(golden.name().substring(0, 2));
    }

    @Test
    void theFixedPartEndsWhereTheTextBegins() throws MalformedFrameException {
        byte[] bytes = (SEND + "oi").getBytes(UTF_8);
        assertThat(FrameExtent.ofFixedPart(bytes, 0, bytes.length))
                .isEqualTo(new FrameExtent(FrameType.SEND, SEND.length(), FrameExtent.NOT_YET));
        assertThat(FrameExtent.ofFixedPart(bytes, 0, SEND.length() - 1).fixedEnd())
                .isEqualTo(FrameExtent.NOT_YET);
        assertThat(FrameExtent.ofFixedPart(bytes, 0, 1).type()).isNull();
    }

    @Test
    void aFrameWithoutTextEndsWithItsFixedPart() throws MalformedFrameException {
        byte[] bytes = "xx041000000000017".getBytes(UTF_8);
        assertThat(FrameExtent.ofFixedPart(bytes, 2, bytes.length))
                .isEqualTo(new FrameExtent(FrameType.CONNECTED, bytes.length, bytes.length));
    }

    @Test
    void aFaultNamesItsPlace() {
        assertFault("021000x", Fault.NOT_A_DIGIT, FrameType.REGISTERED, "id", 6);
        assertFault("12", Fault.UNKNOWN_CODE, null, "code", 0);
        assertFault("G", Fault.NO_CODE_BEGINS_SO, null, "code", 0);
        assertFault("3102000A", Fault.NOT_HEX, FrameType.WELCOME, "nonce", 7);
        assertFault("379223372036854775808", Fault.TOO_LARGE, FrameType.RECEIVED, "position", 2);
        assertFault("390000000000000000000018", Fault.NO_SUCH_REASON, FrameType.REFUSED, "reason", 21);
        assertFault("1010000000000171795372030  1", Fault.BAD_SLOT, FrameType.CREATE_GROUP, "members", 27);
        assertFault(latin1(SEND + "ol\u00e9 "), Fault.NOT_UTF8, FrameType.SEND, "data", SEND.length() + 2);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static void assertFault(String text, Fault fault, @Nullable FrameType type, String field, int at) {
        assertFault(text.getBytes(UTF_8), fault, type, field, at);
    }

    private static void assertFault(byte[] bytes, Fault fault, @Nullable FrameType type, String field, int at) {
        assertThatThrownBy(() -> FrameExtent.of(bytes, 0, bytes.length))
                .isInstanceOfSatisfying(MalformedFrameException.class, e -> {
                    assertThat(e.fault()).isEqualTo(fault);
                    assertThat(e.type()).isEqualTo(type);
                    assertThat(e.field()).isEqualTo(field);
                    assertThat(e.at()).isEqualTo(at);
                });
    }
}
