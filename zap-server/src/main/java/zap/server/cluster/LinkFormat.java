package zap.server.cluster;

import java.time.Duration;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.integration.ip.tcp.connection.AbstractClientConnectionFactory;
import org.springframework.integration.ip.tcp.connection.AbstractConnectionFactory;
import org.springframework.integration.ip.tcp.serializer.ByteArrayLengthHeaderSerializer;

/**
 * The messages on a link, each with its length in 4 bytes before it: mail, in the form of {@link
 * zap.server.mailbox.ClientMailFormat}; and probes, which are one byte of 0, and come back as they are.
 */
final class LinkFormat {

    /** Time after which a silent link is closed. The side that sends the probes has it twice in Spring Integration. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    /** Most bytes of a message. */
    private static final int MOST_BYTES = 16 * 1024 * 1024;

    /** Time in which a link that is closed may send the rest. */
    private static final int LINGER_SECONDS = 1;

    private static final byte PROBE = 0;

    private LinkFormat() {}

    /** Sets how one side of links reads and writes. */
    static void set(AbstractConnectionFactory factory, BeanFactory beans) {
        var lengths = new ByteArrayLengthHeaderSerializer();
        lengths.setMaxMessageSize(MOST_BYTES);
        factory.setSerializer(lengths);
        factory.setDeserializer(lengths);
        factory.setSoTcpNoDelay(true);
        factory.setSoLinger(LINGER_SECONDS);
        factory.setSoTimeout(Math.toIntExact(
                (factory instanceof AbstractClientConnectionFactory ? SILENCE.dividedBy(2) : SILENCE).toMillis()));
        factory.setTaskExecutor(Thread::startVirtualThread);
        factory.setApplicationEventPublisher(_ -> {}); // nobody listens
        factory.setBeanFactory(beans);
        factory.afterPropertiesSet();
    }

    static byte[] probe() {
        return new byte[] {PROBE};
    }

    static boolean isProbe(byte[] message) {
        return message.length == 1 && message[0] == PROBE;
    }
}
