package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.springframework.core.serializer.Deserializer;
import zap.protocol.Frame;

/** The deserializer that Spring Integration calls. The connection's {@link FrameInput} decodes the frames. */
final class FrameDeserializer implements Deserializer<List<Frame>> {

    @Override
    public List<Frame> deserialize(InputStream input) throws IOException {
        return ((FrameInput) input).readBurst();
    }
}
