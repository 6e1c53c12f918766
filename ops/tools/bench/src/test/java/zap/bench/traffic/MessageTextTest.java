package zap.bench.traffic;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MessageTextTest {

    private final MessageText text = new MessageText(123, 45, 80);

    @Test
    void itSaysWhoseItIsAndWhen() {
        byte[] bytes = text.bytes();
        MessageText.number(bytes, 0, 678, 9_876_543_210L);
        assertThat(new String(bytes, US_ASCII))
                .isEqualTo("zap-bench 00000123 000045 000000000678 0000000009876543210abcdefghijklmnopqrstuv"
                        .substring(0, 80));
        assertThat(MessageText.isOurs(bytes, 0, bytes.length)).isTrue();
        assertThat(MessageText.flow(bytes, 0)).isEqualTo(45);
        assertThat(MessageText.sequence(bytes, 0)).isEqualTo(678);
        assertThat(MessageText.nanos(bytes, 0)).isEqualTo(9_876_543_210L);
        assertThat(text.matches(bytes, 0, bytes.length)).isTrue();
    }

    @Test
    void everyOtherByteThatChangesIsSeen() {
        byte[] bytes = text.bytes();
        MessageText.number(bytes, 0, 999, 1);
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] = (byte) (bytes[i] == 'q' ? 'r' : 'q');
            boolean seen = !text.matches(changed, 0, changed.length) || !MessageText.isOurs(changed, 0, changed.length);
            // The blanks between numbers that are patched are nobody's.
            boolean between = i == 38;
            assertThat(seen || between).as("byte %d", i).isTrue();
        }
        assertThat(text.matches(bytes, 0, bytes.length - 1)).isFalse();
        assertThat(MessageText.isOurs("hello".getBytes(US_ASCII), 0, 5)).isFalse();
    }

    @Test
    void aTextOfAnotherRunIsAnother() {
        byte[] other = new MessageText(124, 45, 80).bytes();
        assertThat(text.matches(other, 0, other.length)).isFalse();
        assertThat(MessageText.isOurs(other, 0, other.length)).isTrue();
    }

    @Test
    void whatHasNoRoomForTheNumbersIsRefused() {
        assertThatThrownBy(() -> new MessageText(1, 1, MessageText.MIN_CHARACTERS - 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MessageText(100_000_000, 1, 80)).isInstanceOf(IllegalArgumentException.class);
    }
}
