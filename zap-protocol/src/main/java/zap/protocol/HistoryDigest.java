package zap.protocol;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * The digest of a history of frames: of a mailbox's entries, or of a stream's (protocol section 3, digest and stream).
 * A position gives the length; the digest identifies the history.
 *
 * <p>At 0 it is {@link #EMPTY}. After each frame it is the CRC-32C of the digest before, as eight lower-case hex
 * digits, followed by the frame as an assured session gets it, in UTF-8 and at full width.
 *
 * @param value the checksum's 32 bits
 */
public record HistoryDigest(int value) {

    /** The digest before the first frame. */
    public static final HistoryDigest EMPTY = new HistoryDigest(0);

    private static final byte[] HEX_DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final FrameEncoder ENCODER = new FrameEncoder();

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly eight lower-case hex digits
     */
    public static HistoryDigest parse(String digits) {
        if (!digits.matches("[0-9a-f]{8}")) {
            throw new IllegalArgumentException("a digest has exactly eight lower-case hex digits");
        }
        return new HistoryDigest(HexFormat.fromHexDigits(digits));
    }

    /** Returns the digest after one more frame. */
    public HistoryDigest after(Frame frame) {
        byte[] bytes = ENCODER.encode(frame);
        return after(bytes, 0, bytes.length);
    }

    /** Returns the digest after one more frame, given as its bytes on the wire. */
    public HistoryDigest after(byte[] bytes, int from, int length) {
        byte[] before = new byte[FrameType.Field.DIGEST_WIDTH];
        write(value, before, 0);
        CRC32C checksum = new CRC32C();
        checksum.update(before);
        checksum.update(bytes, from, length);
        return new HistoryDigest((int) checksum.getValue());
    }

    static void write(int digest, byte[] to, int at) {
        for (int i = 0; i < FrameType.Field.DIGEST_WIDTH; i++) {
            to[at + i] = HEX_DIGITS[(digest >>> (28 - 4 * i)) & 0xF];
        }
    }

    /** Returns the eight hex digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(value);
    }
}
