package zap.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.Arrays;
import java.util.BitSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The border between text and bytes that only resemble it: the JDK's own strict decoder is the judge. */
class Utf8Test {

    private static final String PREFIX = "05" + "1000000000017" + "1739250018846" + "1795372030";

    /**
     * Lets the JDK encode every code point that UTF-8 can carry; only the beginnings of these encodings may be waited
     * for. The numbers are the bytes so far, read as one big-endian number.
     */
    @Test
    void everyByteIsJudgedAsSoonAsItIsThere() {
        BitSet twoBytes = new BitSet();
        BitSet threeBytes = new BitSet();
        byte[] buffer = new byte[4];
        int whole = 0;
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                continue;
            }
            byte[] utf8 = Character.toString(codePoint).getBytes(UTF_8);
            assertThat(Utf8.length(utf8, 0, utf8.length) == utf8.length)
                    .as("U+%04X", codePoint)
                    .isTrue();
            whole++;
            if (utf8.length > 2) {
                twoBytes.set(number(utf8, 2));
            }
            if (utf8.length > 3) {
                threeBytes.set(number(utf8, 3));
            }
        }
        assertThat(whole).isEqualTo(0x110000 - 0x800);

        int wholeOfTwo = 0;
        int wholeOfThree = 0;
        int wholeOfFour = 0;
        for (int first = 0x80; first < 0x100; first++) {
            buffer[0] = (byte) first;
            boolean begins = first >= 0xC2 && first <= 0xF4;
            assertThat(Utf8.length(buffer, 0, 1)).isEqualTo(begins ? Utf8.INCOMPLETE : Utf8.INVALID);
            for (int second = 0; second < 0x100; second++) {
                buffer[1] = (byte) second;
                int ofTwo = Utf8.length(buffer, 0, 2);
                assertThat(ofTwo == Utf8.INCOMPLETE).isEqualTo(twoBytes.get(number(buffer, 2)));
                wholeOfTwo += ofTwo == 2 ? 1 : 0;
                if (ofTwo != Utf8.INCOMPLETE) {
                    continue;
                }
                for (int third = 0; third < 0x100; third++) {
                    buffer[2] = (byte) third;
                    int ofThree = Utf8.length(buffer, 0, 3);
                    if ((ofThree == Utf8.INCOMPLETE) != threeBytes.get(number(buffer, 3))) {
                        throw new AssertionError(Arrays.toString(buffer));
                    }
                    wholeOfThree += ofThree == 3 ? 1 : 0;
                    if (ofThree != Utf8.INCOMPLETE) {
                        continue;
                    }
                    for (int fourth = 0; fourth < 0x100; fourth++) {
                        buffer[3] = (byte) fourth;
                        wholeOfFour += Utf8.length(buffer, 0, 4) == 4 ? 1 : 0;
                    }
                }
            }
        }
        // This is the number of code points of that length. All of them were accepted above, so no others are.
        assertThat(wholeOfTwo).isEqualTo(0x800 - 0x80);
        assertThat(wholeOfThree).isEqualTo(0x10000 - 0x800 - 0x800);
        assertThat(wholeOfFour).isEqualTo(0x110000 - 0x10000);
    }

    @Test
    void aTextIsRefusedExactlyWhenTheJdkRefusesIt() {
        int[] accepted = {0};
        RandomFrames.seeds(30_000).forEach(seed -> {
            byte[] soup = soup(RandomFrames.generator(seed));
            boolean good = isGoodForTheJdk(soup);
            accepted[0] += good ? 1 : 0;
            assertThat(isGoodForTheFrameDecoder(soup)).as("seed %d", seed).isEqualTo(good);
            assertThat(isGoodForBody(soup)).as("seed %d", seed).isEqualTo(good);
            assertThat(isGoodForTheRecvDecoder(soup)).as("seed %d", seed).isEqualTo(good);
        });
        assertThat(accepted[0]).as("good ones among them").isBetween(3_000, 27_000);
    }

    /** Returns bytes that are valid, or nearly: pieces of encodings, now and then with one byte changed or cut off. */
    private static byte[] soup(RandomGenerator random) {
        int[] notable = {0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x1F99C, 0x10FFFF};
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            text.appendCodePoint(notable[random.nextInt(notable.length)]);
        }
        byte[] bytes = text.toString().getBytes(UTF_8);
        if (bytes.length > 0 && random.nextBoolean()) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(0x80, 0x100);
        }
        if (bytes.length > 0 && random.nextInt(4) == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        return bytes;
    }

    private static boolean isGoodForTheJdk(byte[] bytes) {
        try {
            UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static boolean isGoodForTheFrameDecoder(byte[] text) {
        // Enough blanks to fill the field, however few code points the text has.
        byte[] bytes = Arrays.copyOf(PREFIX.getBytes(UTF_8), PREFIX.length() + text.length + 218);
        Arrays.fill(bytes, PREFIX.length(), bytes.length, (byte) ' ');
        System.arraycopy(text, 0, bytes, PREFIX.length(), text.length);
        try {
            Frame frame = new FrameDecoder().decode(ByteBuffer.wrap(bytes));
            assertThat(frame).isNotNull();
            return true;
        } catch (MalformedFrameException e) {
            return false;
        }
    }

    private static boolean isGoodForBody(byte[] text) {
        try {
            assertThat(Body.ofUtf8(text).text()).isEqualTo(new String(text, UTF_8));
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isGoodForTheRecvDecoder(byte[] text) {
        byte[] bytes = Arrays.copyOf(PREFIX.getBytes(UTF_8), PREFIX.length() + text.length);
        System.arraycopy(text, 0, bytes, PREFIX.length(), text.length);
        return new RecvDecoder().decode(ByteBuffer.wrap(bytes), RecvDecoder.Follows.PAUSE)
                instanceof RecvDecoder.Result.Got;
    }

    private static int number(byte[] bytes, int length) {
        int number = 0;
        for (int i = 0; i < length; i++) {
            number = number << 8 | bytes[i] & 0xFF;
        }
        return number;
    }
}
