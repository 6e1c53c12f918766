package zap.shell.connection;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityKey;

/**
 * A registration of a new number, on a connection of its own: 32 and 02 with a key, or 01 and 02 with a server that
 * supports no keys.
 */
public final class Registration {

    private static final Logger log = LoggerFactory.getLogger(Registration.class);

    /** The time for a second welcome: the server has just given a number, so it answers quickly if it does. */
    private static final Duration AGAIN = Duration.ofSeconds(2);

    private final FrameChannel.Dialer dialer;
    private final Duration patience;

    /**
     * A new identity.
     *
     * @param key proves it; empty when the server supports no keys: then everyone who knows the number can use it
     */
    public record Registered(ClientId id, Optional<IdentityKey> key) {}

    public Registration(FrameChannel.Dialer dialer, Duration patience) {
        this.dialer = dialer;
        this.patience = patience;
    }

    /**
     * The terms of a registration. Key and stream are on disk before the server sees them, so that a registration whose
     * answer is lost can be repeated.
     */
    public interface Terms {

        /** Returns whether a number without a key is acceptable when there is no welcome. */
        boolean mayBeWithoutKey();

        /** Records that the server has answered with welcome. */
        void welcomed();

        /** Returns the key. It is the same one until a number has come. */
        IdentityKey key();

        /** Returns the stream on which the frames of this number are counted. */
        StreamId stream();
    }

    /**
     * Requests a number with a key, or one without from a server that supports no keys.
     *
     * <p>A server without room closes a connection without a word, as one does that knows no keys. So one that has
     * given a number without a key is greeted once more: everyone who knows such a number can use it.
     *
     * @throws IOException when there is no answer, or it cannot be read
     */
    public Registered withKeyIfPossible(Terms terms) throws IOException {
        Optional<Registered> withKey = withKey(terms, patience);
        if (withKey.isPresent()) {
            return withKey.get();
        }
        Registered withoutKey = withoutKey();
        try {
            return withKey(terms, patience.compareTo(AGAIN) < 0 ? patience : AGAIN)
                    .orElse(withoutKey);
        } catch (CancellableDialer.CancelledException e) {
            throw e;
        } catch (IOException e) {
            if (!terms.mayBeWithoutKey()) {
                throw e; // it has welcomed us meanwhile, and the next attempt finds the number
            }
            log.info("The server was not greeted once more: {}", String.valueOf(e));
            return withoutKey;
        }
    }

    /** Requests a number with a key. Returns nothing when there is no welcome, and a number without one will do. */
    private Optional<Registered> withKey(Terms terms, Duration forWelcome) throws IOException {
        try (FrameChannel channel = dialer.dial()) {
            return switch (Greeting.hello(channel, forWelcome)) {
                case Greeting.Answer.Welcome(Nonce nonce) -> {
                    terms.welcomed();
                    IdentityKey key = terms.key();
                    channel.write(List.of(key.register(nonce, terms.stream())));
                    yield Optional.of(new Registered(number(channel), Optional.of(key)));
                }
                case Greeting.Answer.NoWelcome(ServerConnection.ConnectionProblem trouble) -> {
                    if (!terms.mayBeWithoutKey()) {
                        throw new SessionStart.RefusedException(trouble);
                    }
                    yield Optional.empty();
                }
            };
        }
    }

    /**
     * Requests a number by the base protocol.
     *
     * @throws IOException when there is no answer, or it cannot be read
     */
    public Registered withoutKey() throws IOException {
        try (FrameChannel channel = dialer.dial()) {
            channel.write(List.of(new Frame.Register()));
            return new Registered(number(channel), Optional.empty());
        }
    }

    private ClientId number(FrameChannel channel) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                switch (Greeting.next(channel, Duration.ofNanos(end - System.nanoTime()))) {
                    case Frame.Registered(ClientId id) -> {
                        channel.finishWriting();
                        return id;
                    }
                    case Frame.Refused(long session, Reason reason) ->
                        throw new SessionStart.RefusedException(
                                reason == Reason.TOO_FAST
                                        ? ServerConnection.ConnectionProblem.TOO_MANY_REGISTRATIONS
                                        : ServerConnection.ConnectionProblem.of(reason));
                    case Frame.FromServer other -> {} // A server of others may greet first.
                    case Frame.FromClient other -> {}
                }
            }
        } catch (MalformedFrameException e) {
            throw new SessionStart.RefusedException(ServerConnection.ConnectionProblem.NONSENSE, e);
        } catch (EOFException | SocketException e) {
            throw new SessionStart.RefusedException(ServerConnection.ConnectionProblem.CLOSED_BY_SERVER, e);
        } catch (SocketTimeoutException e) {
            throw new SessionStart.RefusedException(ServerConnection.ConnectionProblem.SILENT, e);
        }
    }
}
