package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.RecvDecoder;
import zap.protocol.RecvDecoder.Follows;

/** The framing of the recv listener: a pause or a line end is the end of a frame (protocol section 2). */
final class RecvInput extends FrameInput {

    private final Socket socket;
    private final int pauseMillis;
    private final Consumer<RecvDecoder.Result.Dropped> dropped;
    private final RecvDecoder decoder = new RecvDecoder();
    private Follows follows = Follows.MORE_MAY_COME;

    /** @param dropped receives each packet that is not a frame */
    RecvInput(InputStream input, Socket socket, Duration pause, Consumer<RecvDecoder.Result.Dropped> dropped) {
        super(input);
        this.socket = socket;
        this.pauseMillis = Math.toIntExact(pause.toMillis());
        this.dropped = dropped;
    }

    @Override
    void owner(ClientId id) {
        super.owner(id);
        decoder.owner(id);
    }

    /** Reads one frame at a time, because a frame may identify the session, which decides where the next one begins. */
    @Override
    List<Frame> readBurst() throws IOException {
        while (true) {
            switch (decoder.decode(buffer(), follows)) {
                case RecvDecoder.Result.Got(Frame frame) -> {
                    return List.of(frame);
                }
                case RecvDecoder.Result.Dropped packet -> dropped.accept(packet);
                case RecvDecoder.Result.NeedMore() -> readMore();
            }
        }
    }

    private void readMore() throws IOException {
        if (follows == Follows.END_OF_STREAM) {
            throw endOfStream();
        }
        // After a pause that did not end a frame, only more bytes can.
        boolean pauseMatters = buffer().hasRemaining() && follows == Follows.MORE_MAY_COME;
        socket.setSoTimeout(pauseMatters ? pauseMillis : 0);
        try {
            follows = fill() ? Follows.MORE_MAY_COME : Follows.END_OF_STREAM;
        } catch (SocketTimeoutException e) {
            follows = Follows.PAUSE;
        }
    }
}
