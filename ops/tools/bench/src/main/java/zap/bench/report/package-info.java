/** Results and their reports: a table, JSON, and one HTML page with plots. It measures nothing. */
@NullMarked
package zap.bench.report;

import org.jspecify.annotations.NullMarked;
