package zap.shell.connection;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A dialer that looks up the addresses of a server and connects a socket to the first one that answers. */
abstract sealed class SocketDialer implements Transport.Dialer permits TcpDialer, TlsDialer {

    /**
     * Maximum time for connecting to the same address again. It is shorter than the patience of a dial, because other
     * addresses may do better.
     */
    private static final Duration AGAIN_WITHIN = Duration.ofSeconds(3);

    private static final ConnectionRace.Connector<Socket> SOCKETS = new ConnectionRace.Connector<>() {
        @Override
        public Socket open() {
            return new Socket();
        }

        @Override
        public void connect(Socket socket, InetSocketAddress address, Duration within) throws IOException {
            TcpTransport.connect(socket, address, within);
        }
    };

    private final AddressLookup lookup;
    private final AddressOrder order = new AddressOrder();
    private final ConnectionRace<Socket> race = new ConnectionRace<>(SOCKETS, ConnectionRace.ATTEMPT_DELAY);
    private final Duration patience;

    /** @param patience the timeout of looking up and connecting together */
    SocketDialer(List<Endpoint> endpoints, AddressLookup.Resolver resolver, Duration patience) {
        this.lookup = new AddressLookup(endpoints, resolver, ConnectionRace.ATTEMPT_DELAY);
        this.patience = patience;
    }

    /** Makes a transport of the socket that has won. Closes the socket when that fails. */
    abstract Transport over(Socket socket, ServerAddress address) throws IOException;

    @Override
    public Transport dial() throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        AddressLookup.Query query = lookup.query();
        Set<ServerAddress> known = new LinkedHashSet<>();
        Set<ServerAddress> tried = new HashSet<>();
        var failures = new ArrayList<NoConnectionException.Failure>();
        while (true) {
            known.addAll(found(query, known, end));
            List<ServerAddress> candidates = order.next(List.copyOf(known)).stream()
                    .filter(address -> !tried.contains(address))
                    .toList();
            long left = end - System.nanoTime();
            if (candidates.isEmpty() || left <= 0) {
                order.noneAnswered();
                throw failures.isEmpty() ? query.failure() : new NoConnectionException(failures);
            }
            try {
                return connect(candidates, Duration.ofNanos(left));
            } catch (NoConnectionException e) {
                failures.addAll(e.failures());
                tried.addAll(candidates);
            }
        }
    }

    private static List<ServerAddress> found(AddressLookup.Query query, Set<ServerAddress> known, long end)
            throws InterruptedIOException {
        try {
            return query.awaitOthersThan(known, end);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }

    @Override
    public Transport redial() throws IOException {
        @Nullable ServerAddress again = order.newest();
        return again == null
                ? dial()
                : connect(List.of(again), patience.compareTo(AGAIN_WITHIN) < 0 ? patience : AGAIN_WITHIN);
    }

    private Transport connect(List<ServerAddress> addresses, Duration within) throws IOException {
        ConnectionRace.Winner<Socket> winner = race.connect(addresses, within);
        order.connected(winner.address());
        return over(winner.connection(), winner.address());
    }

    @Override
    public void worked() {
        order.worked();
    }

    @Override
    public boolean failed() {
        return order.failed();
    }

    @Override
    public @Nullable ServerAddress newest() {
        return order.newest();
    }
}
