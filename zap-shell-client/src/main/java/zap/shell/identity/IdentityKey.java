package zap.shell.identity;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.PublicKeyBytes;
import zap.protocol.SignatureBytes;
import zap.protocol.SignedText;
import zap.protocol.StreamId;

/** The Ed25519 key pair of an identity. Its secret never stands in a {@code toString}. */
public final class IdentityKey {

    private static final String ALGORITHM = "Ed25519";

    /** The number of digest bytes that a fingerprint shows. */
    private static final int FINGERPRINT_BYTES = 8;

    private final PrivateKey secret;
    private final PublicKeyBytes publicKey;

    private IdentityKey(PrivateKey secret, PublicKeyBytes publicKey) {
        this.secret = secret;
        this.publicKey = publicKey;
    }

    /** Generates a new pair, from the system's source of randomness. */
    public static IdentityKey generate() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
            return new IdentityKey(pair.getPrivate(), onTheWire((EdECPublicKey) pair.getPublic()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no Ed25519", e);
        }
    }

    /**
     * Returns a stored pair.
     *
     * @param pkcs8 the secret, as {@link #pkcs8} returned it
     * @param publicKey the public key
     * @throws IllegalArgumentException when the first is no Ed25519 secret, or the second belongs to another key
     */
    public static IdentityKey of(byte[] pkcs8, PublicKeyBytes publicKey) {
        try {
            PrivateKey secret = KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            var key = new IdentityKey(secret, publicKey);
            byte[] probe = "zap: do these two belong together?".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            Signature verifier = Signature.getInstance(ALGORITHM);
            verifier.initVerify(decoded(publicKey));
            verifier.update(probe);
            if (!verifier.verify(key.sign(probe).bytes())) {
                throw new IllegalArgumentException("the secret is not that of this public key");
            }
            return key;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not an Ed25519 key", e);
        }
    }

    /** Returns the public key, as it goes over the wire. */
    public PublicKeyBytes publicKey() {
        return publicKey;
    }

    /** Returns the secret as PKCS #8. */
    public byte[] pkcs8() {
        return secret.getEncoded();
    }

    /**
     * Returns the beginning of the public key's SHA-256, in groups of four hexadecimal digits, which users compare.
     */
    public String fingerprint() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(publicKey.bytes());
            String hex = HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES);
            return hex.replaceAll("(.{4})(?!$)", "$1 ");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    /** Returns a 32 that is signed for this nonce. */
    public Frame.RegisterKey register(Nonce nonce, StreamId stream) {
        var unsigned = new Frame.RegisterKey(publicKey, stream, SignatureBytes.NONE);
        return new Frame.RegisterKey(publicKey, stream, sign(SignedText.of(nonce, unsigned)));
    }

    /** Returns this 33 with a signature for this nonce. */
    public Frame.Resume resume(Nonce nonce, Frame.Resume unsigned) {
        return new Frame.Resume(
                unsigned.id(),
                unsigned.stream(),
                unsigned.accepted(),
                unsigned.position(),
                unsigned.digest(),
                sign(SignedText.of(nonce, unsigned)));
    }

    private SignatureBytes sign(byte[] text) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(secret);
            signature.update(text);
            return SignatureBytes.of(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key does not sign", e);
        }
    }

    /** Encodes a public key by RFC 8032, 5.1.2: y in little-endian order, and in the highest bit whether x is odd. */
    private static PublicKeyBytes onTheWire(EdECPublicKey key) {
        byte[] bigEndian = key.getPoint().getY().toByteArray();
        var bytes = new byte[PublicKeyBytes.BYTES];
        for (int i = 0; i < Math.min(bytes.length, bigEndian.length); i++) {
            bytes[i] = bigEndian[bigEndian.length - 1 - i];
        }
        if (key.getPoint().isXOdd()) {
            bytes[bytes.length - 1] |= (byte) 0x80;
        }
        return PublicKeyBytes.of(bytes);
    }

    private static PublicKey decoded(PublicKeyBytes key) throws GeneralSecurityException {
        byte[] littleEndian = key.bytes();
        boolean xOdd = (littleEndian[littleEndian.length - 1] & 0x80) != 0;
        littleEndian[littleEndian.length - 1] &= 0x7f;
        var bigEndian = new byte[littleEndian.length];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = littleEndian[littleEndian.length - 1 - i];
        }
        var point = new EdECPoint(xOdd, new BigInteger(1, bigEndian));
        return KeyFactory.getInstance(ALGORITHM)
                .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
    }

    @Override
    public String toString() {
        return "IdentityKey[" + fingerprint() + "]";
    }
}
