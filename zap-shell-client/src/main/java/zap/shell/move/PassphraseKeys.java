package zap.shell.move;

import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import zap.shell.move.ProfileFileException.Fault;

/**
 * The keys that a passphrase gives: the key of a file, and a check value that tells a wrong passphrase from a damaged
 * file.
 *
 * <p>Both are derived from the same PBKDF2 result, so the check value makes guessing no cheaper.
 */
final class PassphraseKeys {

    /** OWASP's minimum for PBKDF2 with HMAC-SHA-256, as for the file of {@code identity export}. */
    static final int ITERATIONS = 600_000;

    /** The limit for files of others: more would only keep the computer busy. */
    private static final int MAX_ITERATIONS = 10_000_000;

    private static final int SALT_BYTES = 32;
    private static final int CHECK_BYTES = 16;
    private static final int KEY_BITS = 256;
    private static final String MAC = "HmacSHA256";

    /**
     * The parameters for deriving a file's key from a passphrase. They stand in the header.
     *
     * @param check the check value of the right passphrase
     */
    record Recipe(int iterations, byte[] salt, byte[] check) {
        Recipe {
            if (iterations < 1
                    || iterations > MAX_ITERATIONS
                    || salt.length != SALT_BYTES
                    || check.length != CHECK_BYTES) {
                throw new IllegalArgumentException("not a recipe of this version");
            }
        }
    }

    private final Recipe recipe;
    private final SecretKey content;

    private PassphraseKeys(Recipe recipe, SecretKey content) {
        this.recipe = recipe;
        this.content = content;
    }

    /** Derives the keys of a new file, with a salt of its own. */
    static PassphraseKeys fresh(char[] passphrase, int iterations) {
        var salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        byte[] master = master(passphrase, salt, iterations);
        return new PassphraseKeys(new Recipe(iterations, salt, check(master)), content(master));
    }

    /**
     * Derives the keys of a file.
     *
     * @throws ProfileFileException when this is not the file's passphrase
     */
    static PassphraseKeys of(char[] passphrase, Recipe recipe) throws ProfileFileException {
        byte[] master = master(passphrase, recipe.salt(), recipe.iterations());
        if (!MessageDigest.isEqual(check(master), recipe.check())) {
            throw new ProfileFileException(Fault.WRONG_PASSPHRASE);
        }
        return new PassphraseKeys(recipe, content(master));
    }

    Recipe recipe() {
        return recipe;
    }

    SecretKey content() {
        return content;
    }

    private static SecretKey content(byte[] master) {
        return new SecretKeySpec(derived(master, "zap-profile 1 content"), "AES");
    }

    private static byte[] check(byte[] master) {
        return Arrays.copyOf(derived(master, "zap-profile 1 check"), CHECK_BYTES);
    }

    /**
     * Derives the master key. It normalizes the passphrase first, because other keyboards and systems may give other
     * code points for the same letters.
     */
    private static byte[] master(char[] passphrase, byte[] salt, int iterations) {
        char[] normalized = Normalizer.normalize(CharBuffer.wrap(passphrase), Normalizer.Form.NFC)
                .toCharArray();
        var spec = new PBEKeySpec(normalized, salt, iterations, KEY_BITS);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no PBKDF2 with HMAC-SHA-256", e);
        } finally {
            spec.clearPassword();
            Arrays.fill(normalized, ' ');
        }
    }

    private static byte[] derived(byte[] master, String purpose) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(master, MAC));
            return mac.doFinal(purpose.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC-SHA-256", e);
        }
    }
}
