/**
 * Figures of the machine and the measured processes: processor time, memory, the server's own meters. From /proc, jcmd
 * and the actuator. If one of them is not available, its figures are missing.
 */
@NullMarked
package zap.bench.machine;

import org.jspecify.annotations.NullMarked;
