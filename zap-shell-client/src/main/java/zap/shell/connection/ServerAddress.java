package zap.shell.connection;

import java.net.InetSocketAddress;

/**
 * An address of a server, to connect to.
 *
 * @param endpoint the endpoint that it belongs to
 * @param socket the address itself
 * @param isOneOfSeveral whether the endpoint's name has other addresses, too
 */
public record ServerAddress(Endpoint endpoint, InetSocketAddress socket, boolean isOneOfSeveral) {

    /** Returns it where the server's name is known: the address alone, if the name has several. */
    public String ofTheName() {
        return isOneOfSeveral
                ? new Endpoint(socket.getAddress().getHostAddress(), socket.getPort()).toString()
                : endpoint.toString();
    }

    /** Returns the endpoint, with the address behind it where the name alone does not say which one it is. */
    @Override
    public String toString() {
        return isOneOfSeveral ? endpoint + " (" + socket.getAddress().getHostAddress() + ")" : endpoint.toString();
    }
}
