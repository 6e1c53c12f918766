package zap.protocol;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The random bytes that a server has a client sign to prove its identity. Used once. */
public final class Nonce {

    /** Number of its bytes; the wire writes each as two lower-case hex digits. */
    public static final int BYTES = FrameType.Field.KEY_WIDTH / 2;

    private final byte[] bytes;

    private Nonce(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Copies these bytes.
     *
     * @throws IllegalArgumentException unless there are {@value #BYTES} of them
     */
    public static Nonce of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a nonce has " + BYTES + " bytes, not " + bytes.length);
        }
        return new Nonce(bytes.clone());
    }

    /** Returns a copy of the bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Nonce that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Returns the hex digits of the wire. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
