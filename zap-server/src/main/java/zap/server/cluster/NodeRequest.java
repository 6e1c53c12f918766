package zap.server.cluster;

import zap.protocol.ClientId;

/**
 * A request of an operator to another node about a client.
 *
 * @param client the client
 * @param action the node's part of it
 */
public record NodeRequest(ClientId client, Action action) {

    /** The actions of a node. Each is answered with the session that the client had there before. */
    public enum Action {
        /** Describes the client's session. */
        DESCRIBE,
        /** Closes the client's session. */
        DISCONNECT,
        /** Closes the session of a client that has been blocked, and one that is just beginning. */
        DISCONNECT_BLOCKED
    }

    /** The part of a node that executes requests. */
    public interface Handler {
        /** Executes a request, and returns the answer for the node that asks. */
        String answer(NodeRequest request);
    }
}
