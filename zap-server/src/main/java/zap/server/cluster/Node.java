package zap.server.cluster;

/**
 * A server on this database.
 *
 * @param number the number of its writer, which no other server ever has
 * @param name its machine and process, for operators
 */
public record Node(long number, String name) {

    @Override
    public String toString() {
        return "node " + number + " (" + name + ")";
    }
}
