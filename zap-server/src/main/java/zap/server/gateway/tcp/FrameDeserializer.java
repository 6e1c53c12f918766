package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.springframework.core.serializer.Deserializer;
import zap.protocol.Frame;

/** Spring Integration's way to a connection's frames; what they are is the input's business. */
final class FrameDeserializer implements Deserializer<List<Frame>> {

    @Override
    public List<Frame> deserialize(InputStream input) throws IOException {
        return ((FrameInput) input).readBurst();
    }
}
