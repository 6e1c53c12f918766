package zap.shell.connection;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Base64;

/**
 * The pin of a public key: the SHA-256 of its SubjectPublicKeyInfo, in Base64. It stays when a certificate is renewed
 * with the same key.
 */
public final class KeyPin {

    private static final String PREFIX = "sha256//";
    private static final int BYTES = 32;

    private KeyPin() {}

    /**
     * Parses a pin, with or without {@code sha256//} before it.
     *
     * @throws IllegalArgumentException when it is not a pin
     */
    public static String parse(String text) {
        String pin = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
        if (Base64.getDecoder().decode(pin).length != BYTES) {
            throw new IllegalArgumentException(text);
        }
        return pin;
    }

    /** Returns the pin of a key. */
    static String of(PublicKey key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
