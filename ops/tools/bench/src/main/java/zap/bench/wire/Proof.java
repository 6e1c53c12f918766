package zap.bench.wire;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.SignatureBytes;
import zap.protocol.SignedText;
import zap.protocol.StreamId;

/** The key of one user, and what it signs. */
final class Proof {

    private static final String ALGORITHM = "Ed25519";

    private final KeyPair key;
    private final PublicKeyBytes publicKey;

    Proof() {
        try {
            key = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
        // The last 32 bytes of the standard encoding are the key as it goes over the wire.
        byte[] encoded = key.getPublic().getEncoded();
        publicKey =
                PublicKeyBytes.of(Arrays.copyOfRange(encoded, encoded.length - PublicKeyBytes.BYTES, encoded.length));
    }

    Frame.RegisterKey registration(Nonce nonce, StreamId stream) {
        var unsigned = new Frame.RegisterKey(publicKey, stream, SignatureBytes.NONE);
        return new Frame.RegisterKey(publicKey, stream, sign(SignedText.of(nonce, unsigned)));
    }

    Frame.Resume resumption(
            Nonce nonce, ClientId id, StreamId stream, long accepted, long position, HistoryDigest digest) {
        var unsigned = new Frame.Resume(id, stream, accepted, new Position(position), digest, SignatureBytes.NONE);
        return new Frame.Resume(
                id, stream, accepted, unsigned.position(), digest, sign(SignedText.of(nonce, unsigned)));
    }

    private SignatureBytes sign(byte[] text) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key.getPrivate());
            signature.update(text);
            return SignatureBytes.of(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
