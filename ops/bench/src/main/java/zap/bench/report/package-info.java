/** What was measured, and how it is told: as a table, as JSON, and as one HTML page with plots. It measures nothing. */
@NullMarked
package zap.bench.report;

import org.jspecify.annotations.NullMarked;
