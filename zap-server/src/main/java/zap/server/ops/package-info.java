/**
 * The operator's side: health, the start message, the admin endpoint with its security and its command line, and the
 * deletion of clients. Metrics are made in the packages that they measure.
 *
 * <p>Calls gateway, group, identity, mailbox, cluster and database; no other package calls it. Guarded by
 * {@code OperationsIT}, {@code AdminIT}, {@code NodesIT}, {@code MonitoringTest} and {@code ConfigurationPageTest}.
 */
@NullMarked
package zap.server.ops;

import org.jspecify.annotations.NullMarked;
