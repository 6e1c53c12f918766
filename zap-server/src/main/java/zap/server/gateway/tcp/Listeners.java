package zap.server.gateway.tcp;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;

/** The listeners of this server. */
public final class Listeners {

    private final ListenerEndpoint main;
    private final ListenerEndpoint recv;
    private final ListenerEndpoint tls;

    /**
     * @param main frames of full width
     * @param recv short frames
     * @param tls frames of full width, encrypted
     */
    Listeners(ListenerEndpoint main, ListenerEndpoint recv, ListenerEndpoint tls) {
        this.main = main;
        this.recv = recv;
        this.tls = tls;
    }

    /** Returns the listener for frames of full width. */
    public ListenerEndpoint main() {
        return main;
    }

    /** Returns the listener for short frames. */
    public ListenerEndpoint recv() {
        return recv;
    }

    /** Returns the listener for encrypted frames of full width. */
    public ListenerEndpoint tls() {
        return tls;
    }

    /** Returns the listeners that are not switched off. */
    public List<ListenerEndpoint> open() {
        return Stream.of(main, recv, tls).filter(ListenerEndpoint::isOn).toList();
    }

    /** A listener, with the inbound adapter that starts it and passes its frames to the dispatcher. */
    public static final class ListenerEndpoint {

        private final Listener listener;
        private final TcpReceivingChannelAdapter inbound;

        ListenerEndpoint(Listener listener, TcpReceivingChannelAdapter inbound) {
            this.listener = listener;
            this.inbound = inbound;
        }

        /** Returns the port that was configured or, once the listener is open, the one that the system chose for 0. */
        public int port() {
            return listener.getPort();
        }

        /**
         * Returns the port of the listener, also where the configuration leaves the choice to the system; empty when it
         * is off.
         */
        public OptionalInt openPort() {
            return isOn() ? OptionalInt.of(port()) : OptionalInt.empty();
        }

        private boolean isOn() {
            return !listener.isOff();
        }

        /** Opens the port. Returns at once: a thread of the listener opens it. */
        public void start() {
            inbound.start();
        }

        /** Closes the port and all connections. */
        public void stop() {
            inbound.stop();
        }

        /** Closes the port. Open connections stay. */
        public void stopAccepting() {
            listener.stopAccepting();
        }

        /** Returns whether the port is open. */
        public boolean isListening() {
            return listener.isListening();
        }

        /** Returns why the port could not be opened; null when it could, or was not tried. */
        public @Nullable IOException openFailure() {
            return listener.failure();
        }

        /** Returns why no connection can be accepted at the moment, in the system's words; null when they can. */
        public @Nullable String acceptFailure() {
            return listener.acceptFailure();
        }
    }
}
