package zap.shell.connection;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;

/** The beginning of an assured session (protocol section 3): hello and welcome, and the answer to what is said then. */
public final class Greeting {

    private static final Logger log = LoggerFactory.getLogger(Greeting.class);

    /** The version of assured sessions that we speak. */
    private static final int VERSION = 2;

    private Greeting() {}

    /**
     * Says hello.
     *
     * @return what is to be signed; null when the server answers something else, hangs up, or says nothing for so long: then it knows no
     *     assured sessions, and this connection is of no more use
     */
    public static @Nullable Nonce hello(FrameChannel channel, Duration patience) throws IOException {
        channel.write(List.of(new Frame.Hello(VERSION)));
        try {
            Frame answer = next(channel, patience);
            if (answer instanceof Frame.Welcome(int version, Nonce nonce) && version == VERSION) {
                return nonce;
            }
            log.info("The answer to hello was {}", answer.type());
        } catch (MalformedFrameException | EOFException | SocketTimeoutException e) {
            log.info("No welcome: {}", String.valueOf(e));
        }
        return null;
    }

    /**
     * The next frame; what has come behind it stays on the channel.
     *
     * @throws SocketTimeoutException when none comes for so long
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
