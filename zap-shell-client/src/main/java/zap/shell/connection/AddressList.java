package zap.shell.connection;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The addresses of a server, in the order in which they are tried (RFC 8305, section 4).
 *
 * <p>The system orders the addresses of a name (RFC 6724). Here the two families alternate, beginning with the family
 * that the system prefers: when one of them does not work, the second attempt uses the other.
 */
final class AddressList {

    /** Finds the addresses of a name, the best first. */
    @FunctionalInterface
    interface Resolver {
        List<InetAddress> resolve(String host) throws UnknownHostException;

        /** Uses the system's resolver. */
        Resolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));
    }

    private AddressList() {}

    /**
     * Returns the addresses of all endpoints, in the order of the endpoints, each with its endpoint.
     *
     * @throws UnknownHostException when none of them has an address
     */
    static SequencedMap<InetSocketAddress, Endpoint> of(List<Endpoint> endpoints, Resolver resolver)
            throws IOException {
        var addresses = new LinkedHashMap<InetSocketAddress, Endpoint>();
        var unknown = new UnknownHostException(
                String.join(", ", endpoints.stream().map(Endpoint::host).toList()));
        for (Endpoint endpoint : endpoints) {
            try {
                takingTurns(resolver.resolve(endpoint.host()))
                        .forEach(address ->
                                addresses.putIfAbsent(new InetSocketAddress(address, endpoint.port()), endpoint));
            } catch (UnknownHostException e) {
                unknown.addSuppressed(e);
            }
        }
        if (addresses.isEmpty()) {
            throw unknown;
        }
        return addresses;
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
