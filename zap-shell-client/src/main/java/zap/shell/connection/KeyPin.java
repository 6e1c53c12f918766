package zap.shell.connection;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Base64;

/**
 * What a public key is known by: the SHA-256 of its SubjectPublicKeyInfo, in Base64. It stays when a certificate is renewed with the same
 * key.
 */
public final class KeyPin {

    private static final String PREFIX = "sha256//";
    private static final int BYTES = 32;

    private KeyPin() {}

    /**
     * Reads one as it is typed, with {@code sha256//} before it or without.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static String parse(String text) {
        String pin = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
        if (Base64.getDecoder().decode(pin).length != BYTES) {
            throw new IllegalArgumentException(text);
        }
        return pin;
    }

    /** The pin of a key. */
    static String of(PublicKey key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
