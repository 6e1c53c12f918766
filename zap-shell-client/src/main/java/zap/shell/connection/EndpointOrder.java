package zap.shell.connection;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The endpoints of a server, in the order in which they are tried. The order is that of preference, until a connection
 * fails: then the endpoint behind the failed one comes first.
 *
 * <p>So a node that accepts connections and does not serve them does not keep its clients. Thread-safe.
 */
final class EndpointOrder {

    private final List<Endpoint> endpoints;
    private int first;
    private int used;

    /** @param endpoints the preferred one first; at least one */
    EndpointOrder(List<Endpoint> endpoints) {
        this.endpoints = List.copyOf(endpoints);
    }

    /** Returns the endpoints, the one to try first at the front. */
    synchronized List<Endpoint> next() {
        var order = new ArrayList<>(endpoints);
        Collections.rotate(order, -first);
        return order;
    }

    /** Notes which endpoint the newest connection leads to. */
    synchronized void used(Endpoint endpoint) {
        used = Math.max(0, endpoints.indexOf(endpoint));
    }

    /** Notes that the newest connection has failed. */
    synchronized void failed() {
        first = (used + 1) % endpoints.size();
    }
}
