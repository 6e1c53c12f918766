package zap.shell.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityFile.Fault;
import zap.shell.identity.IdentityFile.IdentityFileException;

class IdentityFileTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final Nonce NONCE = Nonce.of(new byte[Nonce.BYTES]);

    /** Few iterations, to keep the test fast. The real number has a test of its own. */
    private static final int FEW = 1000;

    private final IdentityKey key = IdentityKey.generate();

    private String exported(String passphrase) {
        return new IdentityFile(ME, key, "chat.example:7777").encrypted(passphrase.toCharArray(), FEW);
    }

    /** Returns a signature. Equal keys give equal ones, because Ed25519 has no randomness. */
    private static String signatureOf(IdentityKey key) {
        var unsigned =
                new Frame.Resume(ME, new StreamId(7), 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE);
        return key.resume(NONCE, unsigned).signature().toString();
    }

    @Test
    void whatWasExportedIsImported() throws Exception {
        IdentityFile back = IdentityFile.read(exported("correct horse"), "correct horse".toCharArray());
        assertThat(back.id()).isEqualTo(ME);
        assertThat(back.server()).isEqualTo("chat.example:7777");
        assertThat(back.key().publicKey()).isEqualTo(key.publicKey());
        assertThat(signatureOf(back.key())).isEqualTo(signatureOf(key));
    }

    /** One system writes ç as one code point, another as two. */
    @ParameterizedTest
    @ValueSource(strings = {"cora\u00E7\u00E3o de pedra", "corac\u0327a\u0303o de pedra"})
    void aPassphraseIsTheSameHoweverItsLettersAreWritten(String typed) throws Exception {
        for (String file : List.of(
                exported("cora\u00E7\u00E3o de pedra"),
                exported("corac\u0327a\u0303o de pedra"),
                // from before passphrases were normalized
                new IdentityFile(ME, key, "chat.example:7777")
                        .encryptedAsTyped("corac\u0327a\u0303o de pedra".toCharArray(), FEW))) {
            assertThat(IdentityFile.read(file, typed.toCharArray()).key().publicKey())
                    .isEqualTo(key.publicKey());
        }
    }

    @Test
    void guessingAPassphraseTakesManyRounds() throws Exception {
        String text = new IdentityFile(ME, key, "chat.example:7777").encrypted("correct horse".toCharArray());
        String block = text.substring(text.indexOf("KEY-----") + 8, text.indexOf("-----END"));
        var info =
                new javax.crypto.EncryptedPrivateKeyInfo(Base64.getMimeDecoder().decode(block));
        assertThat(info.getAlgParameters()
                        .getParameterSpec(javax.crypto.spec.PBEParameterSpec.class)
                        .getIterationCount())
                .isGreaterThanOrEqualTo(600_000);
    }

    @Test
    void aPassphraseMayHaveAccents() throws Exception {
        IdentityFile back = IdentityFile.read(exported("coração é 🔑!"), "coração é 🔑!".toCharArray());
        assertThat(signatureOf(back.key())).isEqualTo(signatureOf(key));
        assertFault(exported("coração é 🔑!"), "coracao e ?!", Fault.WRONG_PASSPHRASE);
    }

    @Test
    void theWrongPassphraseOpensNothing() {
        assertFault(exported("correct horse"), "correct hors", Fault.WRONG_PASSPHRASE);
    }

    @Test
    void theSecretIsNotInTheFile() {
        String secret = HexFormat.of().formatHex(key.pkcs8());
        assertThat(exported("correct horse")).doesNotContain(secret.substring(secret.length() - 64));
        assertThat(key.toString()).doesNotContain(secret.substring(secret.length() - 64));
    }

    @Test
    void whatIsNoIdentityIsNotTaken() {
        String good = exported("correct horse");
        for (String bad : new String[] {
            "",
            "hello",
            good.replace("zap-number", "number"),
            good.replace("zap-key: ", "zap-key: 00"),
            good.replace("-----END", "-----BEGIN"),
            good.replace("\nMI", "\nMA")
        }) {
            assertFault(bad, "correct horse", Fault.NOT_AN_IDENTITY);
        }
    }

    @Test
    void aSecretBelongsToItsOwnPublicKeyOnly() {
        String other = IdentityKey.generate().publicKey().toString();
        assertFault(
                exported("correct horse").replace(key.publicKey().toString(), other),
                "correct horse",
                Fault.NOT_AN_IDENTITY);
    }

    @Test
    void publicKeysAreWrittenAsTheWireWantsThem() throws Exception {
        // The last 32 bytes of the standard encoding are RFC 8032's.
        for (int i = 0; i < 200; i++) {
            var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            byte[] encoded = pair.getPublic().getEncoded();
            var expected = PublicKeyBytes.of(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
            assertThat(IdentityKey.of(pair.getPrivate().getEncoded(), expected).publicKey())
                    .isEqualTo(expected);
        }
        for (int i = 0; i < 200; i++) {
            IdentityKey fresh = IdentityKey.generate();
            assertThat(IdentityKey.of(fresh.pkcs8(), fresh.publicKey()).fingerprint())
                    .isEqualTo(fresh.fingerprint())
                    .matches("[0-9a-f]{4}( [0-9a-f]{4}){3}");
        }
    }

    private static void assertFault(String text, String passphrase, Fault fault) {
        assertThatThrownBy(() -> IdentityFile.read(text, passphrase.toCharArray()))
                .isInstanceOfSatisfying(
                        IdentityFileException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }
}
