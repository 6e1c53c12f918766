package zap.server.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A server on this database.
 *
 * @param number the number of its writer, which no other server ever has
 * @param name its machine and process, for operators
 * @param link where it takes mail from other nodes; null if it does not
 */
public record Node(long number, String name, @Nullable LinkEnd link) {

    @Override
    public String toString() {
        return "node " + number + " (" + name + ")";
    }
}
