package zap.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import zap.protocol.FrameType.Field;

/**
 * The text that a client signs to prove its identity: {@code zap1}, the server's nonce, and its own frame up to the
 * signature. So a signature is good for one session, one frame and one protocol.
 */
public final class SignedText {

    private static final String PROTOCOL = "zap1";
    private static final FrameEncoder ENCODER = new FrameEncoder();

    private SignedText() {}

    /**
     * Returns the text that the signature of this frame covers. The signature that the frame contains does not matter.
     */
    public static byte[] of(Nonce nonce, Frame.RegisterKey frame) {
        return signedPartOf(nonce, frame);
    }

    /**
     * Returns the text that the signature of this frame covers. The signature that the frame contains does not matter.
     */
    public static byte[] of(Nonce nonce, Frame.Resume frame) {
        return signedPartOf(nonce, frame);
    }

    private static byte[] signedPartOf(Nonce nonce, Frame frame) {
        byte[] before = (PROTOCOL + nonce).getBytes(StandardCharsets.US_ASCII);
        byte[] encoded = ENCODER.encode(frame);
        int unsigned = encoded.length - Field.SIGNATURE_WIDTH;
        byte[] text = Arrays.copyOf(before, before.length + unsigned);
        System.arraycopy(encoded, 0, text, before.length, unsigned);
        return text;
    }
}
