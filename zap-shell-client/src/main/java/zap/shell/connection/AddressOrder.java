package zap.shell.connection;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The order in which the addresses of a server are tried. The address of the newest connection comes first, unless it
 * has failed. Then come those that have not failed, beginning behind the newest failed one, and then the failed ones,
 * the oldest failure first.
 *
 * <p>An address fails when it accepts a connection without giving a session that lasts. So a node that accepts
 * connections and does not serve them does not keep its clients. A <em>round</em> is over when every address has
 * failed. Within a round none is tried twice. Thread-safe.
 */
final class AddressOrder {

    private final SequencedSet<ServerAddress> failed = new LinkedHashSet<>();
    private final Set<ServerAddress> round = new HashSet<>();
    private List<ServerAddress> known = List.of();
    private @Nullable ServerAddress newest;
    private boolean hasFailed;

    /**
     * Returns the addresses to try in this round. When all of them have failed in it, the next round begins.
     *
     * @param addresses the present ones of the server, the preferred one first
     */
    synchronized List<ServerAddress> next(List<ServerAddress> addresses) {
        known = List.copyOf(addresses);
        var well = new ArrayList<>(known);
        if (!failed.isEmpty()) {
            Collections.rotate(well, -(well.indexOf(failed.getLast()) + 1));
        }
        var order = new LinkedHashSet<ServerAddress>();
        if (newest != null && !hasFailed && known.contains(newest)) {
            order.add(newest);
        }
        well.stream().filter(address -> !failed.contains(address)).forEach(order::add);
        failed.stream().filter(known::contains).forEach(order::add);
        if (round.containsAll(order)) {
            round.clear();
        }
        order.removeAll(round);
        return List.copyOf(order);
    }

    /** Notes the address of the newest connection. */
    synchronized void connected(ServerAddress address) {
        newest = address;
        hasFailed = false;
    }

    /** Returns the address of the newest connection; null before the first one. */
    synchronized @Nullable ServerAddress newest() {
        return newest;
    }

    /** Notes that the newest connection had a session that lasted: failures from before do not count any more. */
    synchronized void worked() {
        failed.clear();
        round.clear();
    }

    /** Notes that no address accepts a connection, which ends the round. */
    synchronized void noneAnswered() {
        hasFailed = true;
        round.clear();
    }

    /**
     * Notes that the address of the newest connection has failed.
     *
     * @return whether there are others that have not failed in this round
     */
    synchronized boolean failed() {
        if (newest == null || hasFailed) {
            return false; // The round has ended without another connection.
        }
        hasFailed = true;
        failed.addLast(newest);
        round.add(newest);
        boolean isMore = !round.containsAll(known);
        if (!isMore) {
            round.clear();
        }
        return isMore;
    }
}
