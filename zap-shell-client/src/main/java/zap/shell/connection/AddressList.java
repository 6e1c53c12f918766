package zap.shell.connection;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/**
 * The addresses of a server, in the order in which they are tried (RFC 8305, section 4).
 *
 * <p>The system orders the addresses of a name (RFC 6724). Here the two families alternate, beginning with the family
 * that the system prefers: when one of them does not work, the second attempt uses the other.
 */
final class AddressList {

    /** Maximum number of addresses of one name that are tried. */
    static final int MAX_OF_A_NAME = 8;

    /**
     * Maximum number of addresses that are tried. No more attempts than these can begin within the timeout of a
     * connection, because there is a pause between two of them.
     */
    static final int MAX = 32;

    private static final String THIS_COMPUTER = "localhost";

    private AddressList() {}

    /** Returns the addresses of all endpoints, in the order of the endpoints. An address is in it once. */
    static List<ServerAddress> of(SequencedMap<Endpoint, List<InetAddress>> found) {
        var addresses = new LinkedHashMap<InetSocketAddress, ServerAddress>();
        found.forEach((endpoint, ofTheName) -> {
            boolean several = ofTheName.size() > 1 && !isThisComputer(endpoint.host());
            takingTurns(ofTheName).stream()
                    .limit(MAX_OF_A_NAME)
                    .map(address -> new InetSocketAddress(address, endpoint.port()))
                    .forEach(address -> addresses.putIfAbsent(address, new ServerAddress(endpoint, address, several)));
        });
        return addresses.values().stream().limit(MAX).toList();
    }

    /** Returns whether a name always means this computer (RFC 6761), so that its addresses need not be told apart. */
    private static boolean isThisComputer(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals(THIS_COMPUTER) || name.endsWith("." + THIS_COMPUTER);
    }

    private static List<InetAddress> takingTurns(List<InetAddress> addresses) {
        var first = new ArrayDeque<InetAddress>();
        var second = new ArrayDeque<InetAddress>();
        for (InetAddress address : addresses) {
            boolean asTheFirst = address instanceof Inet6Address == addresses.getFirst() instanceof Inet6Address;
            (asTheFirst ? first : second).add(address);
        }
        var ordered = new ArrayList<InetAddress>(addresses.size());
        while (!first.isEmpty() || !second.isEmpty()) {
            if (!first.isEmpty()) {
                ordered.add(first.remove());
            }
            if (!second.isEmpty()) {
                ordered.add(second.remove());
            }
        }
        return ordered;
    }
}
