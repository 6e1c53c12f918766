/**
 * What the machine and the measured processes say: processor time, memory, the server's own meters. From /proc, jcmd and the
 * actuator; where one of them is not to be had, its figures are left out.
 */
@NullMarked
package zap.bench.machine;

import org.jspecify.annotations.NullMarked;
