package zap.server.gateway;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;

/**
 * The ports through which peers come in.
 *
 * @param main frames of full width
 * @param recv short frames
 * @param tls frames of full width, encrypted
 */
record Listeners(ListenerEndpoint main, ListenerEndpoint recv, ListenerEndpoint tls) {

    /**
     * One of them.
     *
     * @param listener its port
     * @param inbound what makes it listen, and carries what comes to the dispatcher
     */
    record ListenerEndpoint(Listener listener, TcpReceivingChannelAdapter inbound) {

        /** The port that it is to listen on. */
        int port() {
            return listener.getPort();
        }

        /** The port that it listens on, also when the configuration left the choice to the system; empty when it is off. */
        OptionalInt openPort() {
            return isOn() ? OptionalInt.of(port()) : OptionalInt.empty();
        }

        private boolean isOn() {
            return !listener.isOff();
        }
    }

    /** Those that are not switched off. */
    List<ListenerEndpoint> open() {
        return Stream.of(main, recv, tls).filter(ListenerEndpoint::isOn).toList();
    }
}
