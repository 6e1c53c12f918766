package zap.server.database;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** This machine's address for itself: 127.0.0.1, or ::1 on a host with IPv6 alone. */
public final class Loopback {

    private static final List<String> ADDRESSES = List.of("127.0.0.1", "::1");

    private Loopback() {}

    /** Returns the address; empty where the loopback interface is off. */
    public static Optional<String> address() {
        return ADDRESSES.stream().filter(Loopback::works).findFirst();
    }

    /**
     * Returns the address at which this machine reaches a server that listens on an address.
     *
     * @param listening null, or a wildcard: on all addresses
     */
    public static String reaching(@Nullable InetAddress listening) {
        if (listening == null || listening.isAnyLocalAddress()) {
            return address().orElse(ADDRESSES.getFirst());
        }
        // Java would write 0:0:0:0:0:0:0:1.
        return listening instanceof Inet6Address && listening.isLoopbackAddress()
                ? ADDRESSES.getLast()
                : listening.getHostAddress();
    }

    /** Returns an address as it is written in a URL. */
    public static String inUrl(String address) {
        return address.contains(":") ? "[" + address + "]" : address;
    }

    /**
     * Returns whether the address accepts connections. An interface that is off has the address, too, but cannot be
     * reached.
     */
    private static boolean works(String address) {
        InetAddress loopback = InetAddress.ofLiteral(address);
        try (var listening = new ServerSocket(0, 1, loopback);
                var _ = new Socket(loopback, listening.getLocalPort())) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /** Returns whether a port of an address can be listened on. */
    static boolean isFree(String address, int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.ofLiteral(address))) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
