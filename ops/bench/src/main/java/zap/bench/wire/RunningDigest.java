package zap.bench.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.zip.CRC32C;
import zap.protocol.HistoryDigest;

/** The digest of a mailbox's entries, one after the other as they came (protocol section 3, digest). Allocates nothing for each. */
final class RunningDigest {

    private static final byte[] HEX_DIGITS = "0123456789abcdef".getBytes(US_ASCII);
    private static final int BITS_OF_A_DIGIT = 4;

    private final CRC32C checksum = new CRC32C();
    private final byte[] before = new byte[Integer.SIZE / BITS_OF_A_DIGIT];
    private int value;

    /** The next entry, as it came over the wire. */
    void add(byte[] bytes, int at, int width) {
        int rest = value;
        for (int i = before.length - 1; i >= 0; i--) {
            before[i] = HEX_DIGITS[rest & 0xF];
            rest >>>= BITS_OF_A_DIGIT;
        }
        checksum.reset();
        checksum.update(before);
        checksum.update(bytes, at, width);
        value = (int) checksum.getValue();
    }

    /** Goes on from another history. */
    void set(HistoryDigest digest) {
        value = digest.value();
    }

    HistoryDigest value() {
        return new HistoryDigest(value);
    }
}
