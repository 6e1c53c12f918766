package zap.server.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;

/** Advice for an operator whose port cannot be listened on. It depends on the system's error, not on the port alone. */
public final class ListenAdvice {

    private static final int FIRST_FREE_FOR_ALL = 1024;

    private ListenAdvice() {}

    /**
     * Returns the advice.
     *
     * @param address the configured address; null for all addresses
     * @param addressSetting the property with the address
     * @param portSettings the properties with the ports, as an operator types them
     * @param failure the system's error message
     */
    public static String advice(
            int port, @Nullable InetAddress address, String addressSetting, String portSettings, String failure) {
        if (failure.contains("in use")) {
            return inUse(port, portSettings);
        }
        if (address != null && !isHere(address)) {
            return "This machine has no address %s that can be listened on. Set %s to one that it has (ip address shows them), or"
                            .formatted(address.getHostAddress(), addressSetting)
                    + " leave it out.";
        }
        if (port > 0 && port < FIRST_FREE_FOR_ALL) {
            return ("Ports below %s are not for every user. Choose another one with %s, or allow this one:"
                            + " AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or sysctl"
                            + " net.ipv4.ip_unprivileged_port_start=%s.")
                    .formatted(FIRST_FREE_FOR_ALL, portSettings, port);
        }
        return inUse(port, portSettings);
    }

    private static String inUse(int port, String portSettings) {
        return "Stop the program that listens on port %s (perhaps another zap server), or choose another one with %s."
                .formatted(port, portSettings);
    }

    /** Returns whether this machine has the address. Any port of it will do for that. */
    private static boolean isHere(InetAddress address) {
        try (var _ = new ServerSocket(0, 1, address)) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
