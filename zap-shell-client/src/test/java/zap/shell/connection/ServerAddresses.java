package zap.shell.connection;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.SequencedMap;

/** Addresses for tests that connect to none. */
public final class ServerAddresses {

    private ServerAddresses() {}

    /**
     * Returns an address.
     *
     * @param isOneOfSeveral whether the name has others, too
     */
    public static ServerAddress of(String name, String address, boolean isOneOfSeveral) {
        return new ServerAddress(
                new Endpoint(name, 7777), new InetSocketAddress(InetAddress.ofLiteral(address), 7777), isOneOfSeveral);
    }

    /** Returns the exception that a dialer throws when every address has failed. */
    public static IOException exception(SequencedMap<ServerAddress, IOException> failures) {
        return new NoConnectionException(failures.sequencedEntrySet().stream()
                .map((Map.Entry<ServerAddress, IOException> failure) ->
                        new NoConnectionException.Failure(failure.getKey(), failure.getValue()))
                .toList());
    }
}
