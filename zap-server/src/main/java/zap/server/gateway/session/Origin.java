package zap.server.gateway.session;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The origin of connections, as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address. These name a
 * network, in which a single host can have any number of addresses.
 *
 * @param name the address in digits, or the network's in hexadecimal ones
 * @param isThisMachine whether it is the loopback interface
 */
record Origin(String name, boolean isThisMachine) {

    private static final int NETWORK_BYTES = 8;

    static Origin of(InetAddress address) {
        String name = address instanceof Inet6Address
                ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), NETWORK_BYTES)) + "/64"
                : address.getHostAddress();
        return new Origin(name, address.isLoopbackAddress());
    }

    @Override
    public String toString() {
        return name;
    }
}
