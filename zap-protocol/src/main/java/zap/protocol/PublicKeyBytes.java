package zap.protocol;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** An Ed25519 public key in the form of the wire: bytes that have not been checked to be a point of the curve. */
public final class PublicKeyBytes {

    /** Number of its bytes; the wire writes each as two lower-case hex digits. */
    public static final int BYTES = FrameType.Field.KEY_WIDTH / 2;

    private final byte[] bytes;

    private PublicKeyBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Copies these bytes.
     *
     * @throws IllegalArgumentException unless there are {@value #BYTES} of them
     */
    public static PublicKeyBytes of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a public key has " + BYTES + " bytes, not " + bytes.length);
        }
        return new PublicKeyBytes(bytes.clone());
    }

    /** Returns a copy of the bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PublicKeyBytes that && Arrays.equals(bytes, that.bytes);
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
