package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Objects;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.FrameType;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.SignatureBytes;
import zap.protocol.SignedText;
import zap.protocol.StreamId;

/** A peer that uses the assured protocol, one frame at a time. */
public final class AssuredPeer implements AutoCloseable {

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();

    private static final int CODE_WIDTH = 2;

    /** The stream of a client that registers without naming another one. */
    public static final StreamId FIRST_STREAM = new StreamId(1);

    private final WireClient wire;

    private AssuredPeer(WireClient wire) {
        this.wire = wire;
    }

    /** Returns a peer on a fresh connection. */
    public static AssuredPeer on(WireClient wire) {
        return new AssuredPeer(wire);
    }

    /** Returns a fresh Ed25519 pair. */
    public static KeyPair newKey() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public void send(Frame... frames) {
        for (Frame frame : frames) {
            wire.send(ENCODER.encode(frame));
        }
    }

    /** Sends a frame in the form of the wire. */
    public void sendText(String frame) {
        wire.send(frame);
    }

    /** Reads the next frame in the form of the wire. */
    public String hearText() {
        String code = wire.read(CODE_WIDTH);
        FrameType type = FrameType.ofCode(Integer.parseInt(code));
        if (type == null) {
            throw new AssertionError("Heard what is no code: " + code);
        }
        return code + wire.read(type.width() - CODE_WIDTH);
    }

    /** Reads the next frame. */
    public Frame hear() {
        try {
            return Objects.requireNonNull(
                    DECODER.decode(ByteBuffer.wrap(hearText().getBytes(UTF_8))));
        } catch (MalformedFrameException e) {
            throw new AssertionError(e);
        }
    }

    /** Reads the next frame, which must be of this type. */
    public <F extends Frame> F hear(Class<F> type) {
        Frame frame = hear();
        if (!type.isInstance(frame)) {
            throw new AssertionError("Expected a " + type.getSimpleName() + " and heard " + frame);
        }
        return type.cast(frame);
    }

    public void expectClosed() {
        wire.expectClosed();
    }

    /** Sends hello, and reads the nonce. */
    public Nonce hello() {
        send(new Frame.Hello(2));
        return hear(Frame.Welcome.class).nonce();
    }

    /** Registers with a key and a stream, and reads its id. */
    public ClientId register(KeyPair key, StreamId stream) {
        send(registration(key, hello(), stream));
        ClientId id = hear(Frame.Registered.class).id();
        hear(Frame.Resumed.class);
        return id;
    }

    /** Registers with a key and a default stream. */
    public ClientId register(KeyPair key) {
        return register(key, FIRST_STREAM);
    }

    /** Resumes with an empty disk, and reads where it goes on. */
    public Frame.Resumed resume(KeyPair key, ClientId id, StreamId stream) {
        return resume(key, id, stream, 0, 0, HistoryDigest.EMPTY);
    }

    /** Resumes with the given state of its disk, and reads where it goes on. */
    public Frame.Resumed resume(
            KeyPair key, ClientId id, StreamId stream, long accepted, long position, HistoryDigest digest) {
        send(resumption(key, hello(), id, stream, accepted, position, digest));
        return hear(Frame.Resumed.class);
    }

    /** Returns a 32 that is valid for this nonce. */
    public static Frame.RegisterKey registration(KeyPair key, Nonce nonce, StreamId stream) {
        var unsigned = new Frame.RegisterKey(bytesOf(key), stream, SignatureBytes.NONE);
        return new Frame.RegisterKey(unsigned.key(), stream, sign(key, SignedText.of(nonce, unsigned)));
    }

    /** Returns a 33 that is valid for this nonce, of a client with an empty disk. */
    public static Frame.Resume resumption(KeyPair key, Nonce nonce, ClientId id, StreamId stream) {
        return resumption(key, nonce, id, stream, 0, 0, HistoryDigest.EMPTY);
    }

    /** Returns a 33 that is valid for this nonce. */
    public static Frame.Resume resumption(
            KeyPair key,
            Nonce nonce,
            ClientId id,
            StreamId stream,
            long accepted,
            long position,
            HistoryDigest digest) {
        var unsigned = new Frame.Resume(id, stream, accepted, new Position(position), digest, SignatureBytes.NONE);
        return new Frame.Resume(
                id, stream, accepted, unsigned.position(), digest, sign(key, SignedText.of(nonce, unsigned)));
    }

    /** Returns the digest of a history of these frames. */
    public static HistoryDigest digestOf(Frame... history) {
        HistoryDigest digest = HistoryDigest.EMPTY;
        for (Frame frame : history) {
            digest = digest.after(frame);
        }
        return digest;
    }

    /** Returns the public key in the form of the wire: the last 32 bytes of the standard encoding. */
    public static PublicKeyBytes bytesOf(KeyPair key) {
        byte[] encoded = key.getPublic().getEncoded();
        return PublicKeyBytes.of(Arrays.copyOfRange(encoded, encoded.length - PublicKeyBytes.BYTES, encoded.length));
    }

    private static SignatureBytes sign(KeyPair key, byte[] text) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(key.getPrivate());
            signature.update(text);
            return SignatureBytes.of(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        wire.close();
    }
}
