package zap.server.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
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
import zap.protocol.SignedText;
import zap.protocol.StreamId;

class ProofsTest {

    private final Proofs proofs = new Proofs();
    private final Nonce nonce = proofs.newNonce();

    @Test
    void thePublishedExampleIsValid() {
        // The frame of the protocol's golden vectors: its key is that of RFC 8032's second test.
        Nonce published =
                Nonce.of(HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
        var frame = new Frame.RegisterKey(
                PublicKeyBytes.of(
                        HexFormat.of().parseHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")),
                new StreamId(7_770_000_000_007L),
                SignatureBytes.of(
                        HexFormat.of()
                                .parseHex(
                                        "aaea26c5871854e1164f3424d3b3f013afeb5e83d6e899e54146eb24efeb149ec10662deb256d1920d85ddaf3d9a8656adb3822247cc005d0fe15fb7a7e9070d")));

        assertThat(proofs.isValid(published, frame)).isTrue();
        assertThat(proofs.isValid(nonce, frame)).as("with another nonce").isFalse();
    }

    @RepeatedTest(20)
    void whoHasTheSecretIsBelieved() throws Exception {
        KeyPair pair = newPair();

        assertThat(proofs.isValid(nonce, registration(pair, nonce))).isTrue();
        assertThat(proofs.isValid(nonce, resume(pair, nonce, 7), new Credentials.Keyed(bytesOf(pair))))
                .isTrue();
    }

    @Test
    void aProofForAnotherNonceIsNotBelieved() throws Exception {
        KeyPair pair = newPair();

        assertThat(proofs.isValid(proofs.newNonce(), registration(pair, nonce))).isFalse();
        assertThat(proofs.isValid(proofs.newNonce(), resume(pair, nonce, 7), new Credentials.Keyed(bytesOf(pair))))
                .isFalse();
    }

    @Test
    void aProofWithAnotherKeyIsNotBelieved() throws Exception {
        assertThat(proofs.isValid(nonce, resume(newPair(), nonce, 7), new Credentials.Keyed(bytesOf(newPair()))))
                .isFalse();
    }

    @Test
    void aFrameThatWasChangedAfterSigningIsNotBelieved() throws Exception {
        KeyPair pair = newPair();
        Frame.Resume signed = resume(pair, nonce, 7);
        var changed = new Frame.Resume(
                signed.id(), signed.stream(), signed.accepted(), new Position(8), signed.digest(), signed.signature());

        assertThat(proofs.isValid(nonce, changed, new Credentials.Keyed(bytesOf(pair))))
                .isFalse();
    }

    @Test
    void nobodyIsNotBelievedWhateverTheySign() throws Exception {
        assertThat(proofs.isValid(nonce, resume(newPair(), nonce, 7), new Credentials.Unknown()))
                .isFalse();
        assertThat(proofs.isValid(nonce, unsigned(), new Credentials.Unknown())).isFalse();
    }

    @Test
    void anIdWithAKeyIsNotHadWithoutASignature() throws Exception {
        assertThat(proofs.isValid(nonce, unsigned(), new Credentials.Keyed(bytesOf(newPair()))))
                .isFalse();
    }

    @Test
    void anIdWithoutAKeyIsHadWithoutASignatureAndWithNoOther() throws Exception {
        assertThat(proofs.isValid(nonce, unsigned(), new Credentials.Keyless())).isTrue();
        assertThat(proofs.isValid(nonce, resume(newPair(), nonce, 7), new Credentials.Keyless()))
                .isFalse();
    }

    @Test
    void bytesThatAreNoKeyAreNotBelieved() {
        var allOnes = new byte[PublicKeyBytes.BYTES];
        Arrays.fill(allOnes, (byte) 0xff);

        assertThat(proofs.isValid(
                        nonce,
                        new Frame.RegisterKey(
                                PublicKeyBytes.of(allOnes), new StreamId(7), SignatureBytes.of(new byte[64]))))
                .isFalse();
    }

    /** With such a key no secret is needed: 64 bytes that any peer can write are a signature of any text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000080",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
            })
    void aKeyThatAnybodyCanSignForIsNone(String hex) {
        var key = PublicKeyBytes.of(HexFormat.of().parseHex(hex));
        for (int i = 0; i < 100; i++) {
            Nonce any = proofs.newNonce();
            for (String point : List.of("00", "01")) {
                byte[] forged = Arrays.copyOf(HexFormat.of().parseHex(point), SignatureBytes.BYTES);
                assertThat(proofs.isValid(any, new Frame.RegisterKey(key, new StreamId(7), SignatureBytes.of(forged))))
                        .isFalse();
            }
        }
    }

    /** Checks that the time of an answer reveals nothing either: a refusal costs the same work. */
    @Test
    void oneSignatureIsCheckedWhoeverSomebodySaysToBe() throws Exception {
        KeyPair pair = newPair();
        Frame.Resume signed = resume(pair, nonce, 7);
        try (var _ = new CountedSignatures()) {
            // The JDK makes one more the first time, to see whether it can be used.
            proofs.isValid(nonce, signed, new Credentials.Unknown());
        }
        for (Credentials credentials : List.of(
                new Credentials.Unknown(), new Credentials.Keyless(), new Credentials.Keyed(bytesOf(newPair())))) {
            for (Frame.Resume frame : List.of(signed, unsigned())) {
                try (var counting = new CountedSignatures()) {
                    proofs.isValid(nonce, frame, credentials);
                    assertThat(counting.count).as("%s, %s", credentials, frame).isEqualTo(1);
                }
            }
        }
    }

    /** A provider in front of the JDK's own one, which counts the requests for Ed25519. */
    private static final class CountedSignatures extends Provider implements AutoCloseable {

        private static final long serialVersionUID = 1;

        private int count;

        private CountedSignatures() {
            super("counted", "1", "Ed25519, counted");
            putService(new Service(this, "Signature", "Ed25519", "none", null, null) {
                @Override
                public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
                    count++;
                    return Signature.getInstance("Ed25519", Security.getProvider("SunEC"));
                }
            });
            Security.insertProviderAt(this, 1);
        }

        @Override
        public void close() {
            Security.removeProvider(getName());
        }
    }

    @Test
    void noNonceComesTwice() {
        var seen = new HashSet<Nonce>();
        for (int i = 0; i < 1_000; i++) {
            assertThat(seen.add(proofs.newNonce())).isTrue();
        }
    }

    private static KeyPair newPair() throws Exception {
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    /** Returns the last 32 bytes of the standard encoding, which are the key on the wire. */
    private static PublicKeyBytes bytesOf(KeyPair pair) {
        byte[] encoded = pair.getPublic().getEncoded();
        return PublicKeyBytes.of(Arrays.copyOfRange(encoded, encoded.length - PublicKeyBytes.BYTES, encoded.length));
    }

    private static Frame.RegisterKey registration(KeyPair pair, Nonce nonce) throws Exception {
        var frame = new Frame.RegisterKey(bytesOf(pair), new StreamId(7), SignatureBytes.NONE);
        return new Frame.RegisterKey(frame.key(), frame.stream(), sign(pair, SignedText.of(nonce, frame)));
    }

    private static Frame.Resume unsigned() {
        return resumeWith(7, SignatureBytes.NONE);
    }

    private static Frame.Resume resume(KeyPair pair, Nonce nonce, long position) throws Exception {
        return resumeWith(position, sign(pair, SignedText.of(nonce, resumeWith(position, SignatureBytes.NONE))));
    }

    private static Frame.Resume resumeWith(long position, SignatureBytes signature) {
        return new Frame.Resume(
                new ClientId(1000000000017L),
                new StreamId(7),
                3,
                new Position(position),
                new HistoryDigest(17),
                signature);
    }

    private static SignatureBytes sign(KeyPair pair, byte[] text) throws Exception {
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(text);
        return SignatureBytes.of(signature.sign());
    }
}
