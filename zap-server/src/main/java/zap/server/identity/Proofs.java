package zap.server.identity;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.PublicKeyBytes;
import zap.protocol.SignatureBytes;
import zap.protocol.SignedText;

/**
 * Ed25519 proofs of identity (protocol section 3, identity).
 *
 * <p>A peer without a valid proof must not learn which clients exist: an unknown client, a client without a key and a
 * wrong signature cost the same work and get the same answer.
 */
@Component
public class Proofs {

    /**
     * RFC 8032's first test key. A signature is checked against it when there is no client's key to use, so that a
     * refusal costs the same work.
     */
    private static final PublicKeyBytes TEST_KEY = PublicKeyBytes.of(
            HexFormat.of().parseHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));

    /**
     * The eight points of small order. With such a key, a signature without a secret is valid for most or all texts, so
     * any peer could claim the identity.
     */
    private static final Set<PublicKeyBytes> SMALL_ORDER_KEYS = Stream.of(
                    "0000000000000000000000000000000000000000000000000000000000000000",
                    "0000000000000000000000000000000000000000000000000000000000000080",
                    "0100000000000000000000000000000000000000000000000000000000000000",
                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")
            .map(hex -> PublicKeyBytes.of(HexFormat.of().parseHex(hex)))
            .collect(Collectors.toUnmodifiableSet());

    private final SecureRandom random = new SecureRandom();

    /** Returns a nonce for one connection, which is never used again. */
    public Nonce newNonce() {
        var bytes = new byte[Nonce.BYTES];
        random.nextBytes(bytes);
        return Nonce.of(bytes);
    }

    /** Returns whether the sender of this 32 has the secret of its key, and the key cannot be used without one. */
    public boolean isValid(Nonce nonce, Frame.RegisterKey frame) {
        return !SMALL_ORDER_KEYS.contains(frame.key())
                && isSignedBy(frame.key(), SignedText.of(nonce, frame), frame.signature());
    }

    /** Returns whether the sender of this 33 has proved that it is this client. */
    public boolean isValid(Nonce nonce, Frame.Resume frame, Credentials credentials) {
        PublicKeyBytes key = credentials instanceof Credentials.Keyed(PublicKeyBytes known) ? known : TEST_KEY;
        boolean signed = isSignedBy(key, SignedText.of(nonce, frame), frame.signature());
        return switch (credentials) {
            case Credentials.Unknown(), Credentials.Blocked() -> false;
            case Credentials.Keyless() -> frame.signature().equals(SignatureBytes.NONE);
            case Credentials.Keyed(var known) -> signed;
        };
    }

    private static boolean isSignedBy(PublicKeyBytes key, byte[] text, SignatureBytes signature) {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(decode(key));
            verifier.update(text);
            return verifier.verify(signature.bytes());
        } catch (GeneralSecurityException e) {
            return false; // bytes that are not a key, or not a signature
        }
    }

    /** Decodes a key. RFC 8032, 5.1.3: y in little-endian order, and in the highest bit whether x is odd. */
    private static PublicKey decode(PublicKeyBytes key) throws GeneralSecurityException {
        byte[] bytes = key.bytes();
        int last = bytes.length - 1;
        boolean xOdd = (bytes[last] & 0x80) != 0;
        bytes[last] &= 0x7f;
        for (int i = 0; i < bytes.length / 2; i++) {
            byte low = bytes[i];
            bytes[i] = bytes[last - i];
            bytes[last - i] = low;
        }
        var point = new EdECPoint(xOdd, new BigInteger(1, bytes));
        return KeyFactory.getInstance("Ed25519")
                .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
    }
}
