package zap.check.wire;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import zap.kit.WireFrame;
import zap.protocol.FrameType.Sender;

/**
 * The form of the frames on a connection.
 *
 * @param fullWidth texts and members are padded
 * @param lineEnds each frame is followed by a line feed
 * @param paced two frames are separated by a pause, because the peer takes one {@code recv} for one frame
 * @param forgiving line breaks, blanks and NULs between frames are passed over
 * @param peer the side whose frames come
 * @param pause the time without bytes after which a short frame of the peer has ended
 */
public record Speech(
        boolean fullWidth, boolean lineEnds, boolean paced, boolean forgiving, Sender peer, Duration pause) {

    /** The usual pause of a program: less than the usual gap between two of its frames. */
    public static final Duration USUAL_PAUSE = Duration.ofMillis(60);

    public byte[] encode(WireFrame frame) {
        return (frame.text(fullWidth) + (lineEnds ? "\n" : "")).getBytes(StandardCharsets.UTF_8);
    }
}
