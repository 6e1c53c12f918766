/**
 * The nodes of one zap: all servers on the same database, each with a row in table {@code node}.
 *
 * <p>No node is special, and none knows another one but from the database. A node writes its row once a second, by the
 * database's clock, so that no two clocks are compared.
 *
 * <p>{@code gateway.session} asks here whether there are other nodes, and then looks for what they have stored for the
 * clients of this one; {@code ops} shows them, and asks other nodes for what only they know. Guarded by {@code NodesIT}
 * and {@code AcquaintancesTest}.
 */
@NullMarked
package zap.server.cluster;

import org.jspecify.annotations.NullMarked;
