package zap.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The ways of a store to the server: a link to each node.
 *
 * <p>Where there are several, a store that connects to the node that it comes from is turned away once, so that it goes
 * to another one each time.
 */
final class Ways implements AutoCloseable {

    private static final int NONE = -1;

    /** In the order of the nodes. */
    private final List<FaultyLink> links = new ArrayList<>();

    private final int preferred;
    private int last = NONE;

    /**
     * @param ports of the nodes
     * @param preferred the place of the node that the store tries first
     */
    Ways(List<Integer> ports, int preferred) throws IOException {
        this.preferred = preferred;
        for (int i = 0; i < ports.size(); i++) {
            int node = i;
            links.add(new FaultyLink(ports.get(i), () -> admits(node)));
        }
    }

    private synchronized boolean admits(int node) {
        boolean admitted = links.size() == 1 || node != last;
        last = admitted ? node : NONE;
        return admitted;
    }

    /** Returns the addresses of the server as the client reads them: several are separated by commas. */
    String addresses() {
        var order = new ArrayList<>(links);
        Collections.rotate(order, -preferred);
        return order.stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
    }

    /** Does something with all links. */
    void each(Consumer<FaultyLink> work) {
        links.forEach(work);
    }

    /** From now on bytes fare so, whichever node they come from or go to. */
    void mode(FaultyLink.Mode mode) {
        each(link -> link.mode(mode));
    }

    /** Returns the link to one node. */
    FaultyLink to(int node) {
        return links.get(node);
    }

    @Override
    public void close() throws IOException {
        for (FaultyLink link : links) {
            link.close();
        }
    }
}
