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

/** A peer that speaks the assured protocol, a frame at a time. */
public final class AssuredPeer implements AutoCloseable {

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();

    private static final int CODE_WIDTH = 2;

    /** The stream of whoever registers without naming another one. */
    public static final StreamId FIRST_STREAM = new StreamId(1);

    private final WireClient wire;

    private AssuredPeer(WireClient wire) {
        this.wire = wire;
    }

    /** A connection on which nothing has been said yet. */
    public static AssuredPeer on(WireClient wire) {
        return new AssuredPeer(wire);
    }

    /** A fresh Ed25519 pair. */
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

    /** Sends a frame as it is to be on the wire. */
    public void sendText(String frame) {
        wire.send(frame);
    }

    /** The next frame as it is on the wire. */
    public String hearText() {
        String code = wire.read(CODE_WIDTH);
        FrameType type = FrameType.ofCode(Integer.parseInt(code));
        if (type == null) {
            throw new AssertionError("Heard what is no code: " + code);
        }
        return code + wire.read(type.width() - CODE_WIDTH);
    }

    /** The next frame. */
    public Frame hear() {
        try {
            return Objects.requireNonNull(
                    DECODER.decode(ByteBuffer.wrap(hearText().getBytes(UTF_8))));
        } catch (MalformedFrameException e) {
            throw new AssertionError(e);
        }
    }

    /** The next frame, which must be of this type. */
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

    /** Says hello, and hears the nonce. */
    public Nonce hello() {
        send(new Frame.Hello(2));
        return hear(Frame.Welcome.class).nonce();
    }

    /** Registers with a key and a stream, and hears its id. */
    public ClientId register(KeyPair key, StreamId stream) {
        send(registration(key, hello(), stream));
        ClientId id = hear(Frame.Registered.class).id();
        hear(Frame.Resumed.class);
        return id;
    }

    /** The same with a stream that no test asks for. */
    public ClientId register(KeyPair key) {
        return register(key, FIRST_STREAM);
    }

    /** Comes back with nothing on its disk, and hears where it goes on. */
    public Frame.Resumed resume(KeyPair key, ClientId id, StreamId stream) {
        return resume(key, id, stream, 0, 0, HistoryDigest.EMPTY);
    }

    /** Comes back with what it has on its disk, and hears where it goes on. */
    public Frame.Resumed resume(
            KeyPair key, ClientId id, StreamId stream, long accepted, long position, HistoryDigest digest) {
        send(resumption(key, hello(), id, stream, accepted, position, digest));
        return hear(Frame.Resumed.class);
    }

    /** A 32 that is valid for this nonce. */
    public static Frame.RegisterKey registration(KeyPair key, Nonce nonce, StreamId stream) {
        var unsigned = new Frame.RegisterKey(bytesOf(key), stream, SignatureBytes.NONE);
        return new Frame.RegisterKey(unsigned.key(), stream, sign(key, SignedText.of(nonce, unsigned)));
    }

    /** A 33 that is valid for this nonce, of a client with nothing on its disk. */
    public static Frame.Resume resumption(KeyPair key, Nonce nonce, ClientId id, StreamId stream) {
        return resumption(key, nonce, id, stream, 0, 0, HistoryDigest.EMPTY);
    }

    /** A 33 that is valid for this nonce. */
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

    /** The digest of a history of these frames. */
    public static HistoryDigest digestOf(Frame... history) {
        HistoryDigest digest = HistoryDigest.EMPTY;
        for (Frame frame : history) {
            digest = digest.after(frame);
        }
        return digest;
    }

    /** The public key as it goes over the wire: the last 32 bytes of the standard encoding. */
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
