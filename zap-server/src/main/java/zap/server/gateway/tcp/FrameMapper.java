package zap.server.gateway.tcp;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpMessageMapper;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.support.GenericMessage;
import zap.protocol.Frame;
import zap.server.gateway.session.Inbound;

/**
 * The mapper of a burst of frames to a message. It makes no headers, because no code reads them, and making them for
 * each message would cost more than decoding it.
 */
final class FrameMapper extends TcpMessageMapper {

    /** The headers of all messages: none. */
    private static final MessageHeaders HEADERS = new MessageHeaders(Map.of());

    @Override
    @SuppressWarnings("unchecked") // the deserializer of this factory returns nothing else
    public Message<?> toMessage(TcpConnection connection, @Nullable Map<String, Object> headers) {
        var frames = (List<Frame>) Objects.requireNonNull(connection.getPayload());
        return new GenericMessage<>(
                new Inbound(((ZapConnection) connection).session(), frames, System.nanoTime()), HEADERS);
    }
}
