/**
 * What operators see: health and the start message. Metrics are made where things happen; retention is the mailbox's.
 *
 * <p>Calls gateway and mailbox; nobody calls it. Guarded by {@code OperationsIT}, {@code MonitoringTest} and {@code ConfigurationPageTest}.
 */
@NullMarked
package zap.server.ops;

import org.jspecify.annotations.NullMarked;
