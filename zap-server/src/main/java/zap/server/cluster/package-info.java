/**
 * The nodes of one zap: all servers on the same database, each with a row in table {@code node}.
 *
 * <p>No node is special, and none knows another one but from the database. A node writes its row once a second, by the
 * database's clock, so that no two clocks are compared.
 *
 * <p>What a node stores for the clients of another one it hands over on a {@link zap.server.cluster.NodeLink}, with
 * Spring Integration's TCP adapters, or tells of through the database. Either may fail: {@code gateway.session} asks
 * here whether there are other nodes, and then looks for what they have stored; {@code ops} shows them, and asks other
 * nodes for what only they know. {@code NodesBeforeMigration} tells {@code database} which nodes run before it changes
 * the tables. Guarded by {@code NodesIT}, {@code NodeStoriesIT}, {@code NodeLinkTest} and {@code AcquaintancesTest}.
 */
@NullMarked
package zap.server.cluster;

import org.jspecify.annotations.NullMarked;
