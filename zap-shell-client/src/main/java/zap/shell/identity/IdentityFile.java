package zap.shell.identity;

import java.io.IOException;
import java.nio.CharBuffer;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.PublicKeyBytes;

/**
 * An identity as a file that can be carried to another computer.
 *
 * <p>The secret stands in it as PKCS #8, encrypted under a passphrase (PBES2: PBKDF2 with HMAC-SHA-256, AES-256-CBC),
 * in PEM armour. Other programs read that format too, such as {@code openssl pkey -in FILE}. The public values stand
 * before it as plain lines, as RFC 7468 allows.
 *
 * @param id the number
 * @param key the key that proves it
 * @param server where it is registered, as {@code host:port}
 */
public record IdentityFile(ClientId id, IdentityKey key, String server) {

    /** The number of iterations that OWASP recommends for PBKDF2 with HMAC-SHA-256. */
    static final int ITERATIONS = 600_000;

    /** The least length of a passphrase. It is the only protection of a file that an attacker finds. */
    public static final int SHORTEST_PASSPHRASE = 8;

    private static final String ENCRYPTION = "PBEWithHmacSHA256AndAES_256";
    private static final int SALT_BYTES = 16;
    private static final int IV_BYTES = 16;
    private static final int LINE = 64;

    private static final Pattern BLOCK = Pattern.compile(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\\s+([A-Za-z0-9+/=\\s]+?)\\s+-----END ENCRYPTED PRIVATE KEY-----");

    /** A reason why a file cannot be read as an identity. */
    public enum Fault {
        /** The file is not an identity of zap, or something in it is missing or damaged. */
        NOT_AN_IDENTITY,
        /** The passphrase does not open the file. */
        WRONG_PASSPHRASE
    }

    /** Thrown when a file cannot be read as an identity. */
    public static final class IdentityFileException extends IOException {
        private static final long serialVersionUID = 1L;

        private final Fault fault;

        IdentityFileException(Fault fault, @Nullable Throwable cause) {
            super(fault.name(), cause);
            this.fault = fault;
        }

        public Fault fault() {
            return fault;
        }
    }

    /** Returns the text of the file. */
    public String encrypted(char[] passphrase) {
        return encrypted(passphrase, ITERATIONS);
    }

    String encrypted(char[] passphrase, int times) {
        return encryptedAsTyped(spelled(passphrase, Normalizer.Form.NFC), times);
    }

    String encryptedAsTyped(char[] passphrase, int times) {
        try {
            var random = new SecureRandom();
            var salt = new byte[SALT_BYTES];
            var iv = new byte[IV_BYTES];
            random.nextBytes(salt);
            random.nextBytes(iv);
            var iterations = new PBEParameterSpec(salt, times, new javax.crypto.spec.IvParameterSpec(iv));
            Cipher cipher = Cipher.getInstance(ENCRYPTION);
            cipher.init(Cipher.ENCRYPT_MODE, secretOf(passphrase), iterations);
            // The same parameters by the name that they have in the file.
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("PBES2");
            parameters.init(cipher.getParameters().getEncoded());
            byte[] encrypted = new EncryptedPrivateKeyInfo(parameters, cipher.doFinal(key.pkcs8())).getEncoded();
            return """
                    zap-identity: 1
                    zap-number: %s
                    zap-server: %s
                    zap-key: %s
                    -----BEGIN ENCRYPTED PRIVATE KEY-----
                    %s
                    -----END ENCRYPTED PRIVATE KEY-----
                    """.formatted(
                            id,
                            server,
                            key.publicKey(),
                            Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(encrypted));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this Java cannot encrypt a key", e);
        }
    }

    /**
     * Reads a text that {@link #encrypted} wrote.
     *
     * @throws IdentityFileException when it is another text, or the passphrase is wrong
     */
    public static IdentityFile read(String text, char[] passphrase) throws IdentityFileException {
        Matcher block = BLOCK.matcher(text);
        if (!block.find()) {
            throw new IdentityFileException(Fault.NOT_AN_IDENTITY, null);
        }
        try {
            ClientId id = ClientId.parse(line(text, "zap-number"));
            String server = line(text, "zap-server");
            var publicKey = PublicKeyBytes.of(java.util.HexFormat.of().parseHex(line(text, "zap-key")));
            byte[] pkcs8 = decryptedInAnySpelling(Base64.getMimeDecoder().decode(block.group(1)), passphrase);
            return new IdentityFile(id, IdentityKey.of(pkcs8, publicKey), server);
        } catch (IllegalArgumentException e) {
            throw new IdentityFileException(Fault.NOT_AN_IDENTITY, e);
        }
    }

    /**
     * Decrypts with the normalized passphrase, and with the one that was typed.
     *
     * <p>Another keyboard or system may give other code points for the same letters. Files are written with the
     * composed ones (NFC). Files from before that have the code points that were typed.
     */
    private static byte[] decryptedInAnySpelling(byte[] encrypted, char[] passphrase) throws IdentityFileException {
        List<char[]> spellings =
                List.of(spelled(passphrase, Normalizer.Form.NFC), passphrase, spelled(passphrase, Normalizer.Form.NFD));
        @Nullable IdentityFileException wrong = null;
        for (int i = 0; i < spellings.size(); i++) {
            char[] spelling = spellings.get(i);
            if (spellings.subList(0, i).stream().anyMatch(tried -> Arrays.equals(tried, spelling))) {
                continue;
            }
            try {
                return decrypted(encrypted, spelling);
            } catch (IdentityFileException e) {
                if (e.fault() != Fault.WRONG_PASSPHRASE) {
                    throw e;
                }
                wrong = e;
            }
        }
        throw Objects.requireNonNull(wrong);
    }

    private static char[] spelled(char[] passphrase, Normalizer.Form form) {
        return Normalizer.normalize(CharBuffer.wrap(passphrase), form).toCharArray();
    }

    private static byte[] decrypted(byte[] encrypted, char[] passphrase) throws IdentityFileException {
        EncryptedPrivateKeyInfo info;
        Cipher cipher;
        try {
            info = new EncryptedPrivateKeyInfo(encrypted);
            cipher = Cipher.getInstance(info.getAlgParameters().toString());
            cipher.init(Cipher.DECRYPT_MODE, secretOf(passphrase), info.getAlgParameters());
        } catch (GeneralSecurityException | IOException e) {
            throw new IdentityFileException(Fault.NOT_AN_IDENTITY, e);
        }
        try {
            return info.getKeySpec(cipher).getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IdentityFileException(Fault.WRONG_PASSPHRASE, e);
        }
    }

    private static SecretKey secretOf(char[] passphrase) throws GeneralSecurityException {
        var spec = new PBEKeySpec(passphrase);
        try {
            return SecretKeyFactory.getInstance(ENCRYPTION).generateSecret(spec);
        } finally {
            spec.clearPassword();
        }
    }

    private static String line(String text, String name) {
        String start = name + ": ";
        Optional<String> line =
                text.lines().filter(one -> one.startsWith(start)).findFirst();
        return line.map(one -> one.substring(start.length()).strip())
                .orElseThrow(() -> new IllegalArgumentException("no line " + name));
    }
}
