package zap.protocol;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** An Ed25519 signature in the form of the wire: bytes that have not been verified. */
public final class SignatureBytes {

    /** Number of its bytes; the wire writes each as two lower-case hex digits. */
    public static final int BYTES = FrameType.Field.SIGNATURE_WIDTH / 2;

    /** The zeros in place of a signature when the identity has no key. */
    public static final SignatureBytes NONE = new SignatureBytes(new byte[BYTES]);

    private final byte[] bytes;

    private SignatureBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Copies these bytes.
     *
     * @throws IllegalArgumentException unless there are {@value #BYTES} of them
     */
    public static SignatureBytes of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a signature has " + BYTES + " bytes, not " + bytes.length);
        }
        return new SignatureBytes(bytes.clone());
    }

    /** Returns a copy of the bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SignatureBytes that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Returns its beginning, which is enough to tell two apart. */
    @Override
    public String toString() {
        return equals(NONE) ? "none" : HexFormat.of().formatHex(bytes, 0, 4) + "…";
    }
}
