/**
 * {@code ./zap cluster}: several nodes on one machine, with a primary and a standby, for trying what happens when one
 * of them dies. A program of its own in the server's jar, without Spring; the nodes are servers as any others, each in
 * a process of its own.
 *
 * <p>May use {@code database} alone, for the primary and the standby ({@code PostgresPair}). Nothing uses this package.
 * Guarded by {@code ClusterRequestTest} and {@code ClusterCommandIT}.
 */
@NullMarked
package zap.server.trial;

import org.jspecify.annotations.NullMarked;
