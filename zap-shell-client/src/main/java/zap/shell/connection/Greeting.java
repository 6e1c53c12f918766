package zap.shell.connection;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;

/**
 * The greeting of an assured session (protocol section 3): hello and welcome, and the frame that answers the next one.
 */
public final class Greeting {

    private static final Logger log = LoggerFactory.getLogger(Greeting.class);

    /** The version of assured sessions that the client supports. */
    private static final int VERSION = 2;

    private Greeting() {}

    /** The server's answer to hello. */
    public sealed interface Answer {

        /** The server supports assured sessions, and asks for a signature of this nonce. */
        record Welcome(Nonce nonce) implements Answer {}

        /**
         * The server did not welcome the client, so the connection cannot be used any more.
         *
         * @param trouble what came instead
         */
        record NoWelcome(ServerConnection.ConnectionProblem trouble) implements Answer {}
    }

    /** Sends hello, and waits for an answer until the timeout. */
    public static Answer hello(FrameChannel channel, Duration patience) throws IOException {
        try {
            channel.write(List.of(new Frame.Hello(VERSION)));
            Frame answer = next(channel, patience);
            if (answer instanceof Frame.Welcome(int version, Nonce nonce) && version == VERSION) {
                return new Answer.Welcome(nonce);
            }
            log.info("The answer to hello was {}", answer.type());
            return new Answer.NoWelcome(ServerConnection.ConnectionProblem.NONSENSE);
        } catch (MalformedFrameException e) {
            return noWelcome(ServerConnection.ConnectionProblem.NONSENSE, e);
        } catch (EOFException | SocketException e) {
            // A server that hangs up before it has read the hello resets the connection.
            return noWelcome(ServerConnection.ConnectionProblem.CLOSED_BY_SERVER, e);
        } catch (SocketTimeoutException e) {
            return noWelcome(ServerConnection.ConnectionProblem.SILENT, e);
        }
    }

    private static Answer noWelcome(ServerConnection.ConnectionProblem trouble, Exception e) {
        log.info("No welcome: {}", String.valueOf(e));
        return new Answer.NoWelcome(trouble);
    }

    /**
     * Reads the next frame. Frames behind it stay on the channel.
     *
     * @throws SocketTimeoutException when no frame comes in time
     */
    public static Frame next(FrameChannel channel, Duration patience) throws IOException, MalformedFrameException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            if (left.toMillis() <= 0) {
                throw new SocketTimeoutException("no answer");
            }
            List<Frame> frames = channel.read(left);
            if (!frames.isEmpty()) {
                channel.unread(frames.subList(1, frames.size()));
                return frames.getFirst();
            }
        }
    }
}
