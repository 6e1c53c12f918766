package zap.bench.explain;

import java.util.List;
import java.util.Map;

/**
 * The late messages of one run, with their causes and everything that went on meanwhile.
 *
 * @param lateNanos messages that took longer are late
 * @param measured messages that arrived
 * @param late those of them that were late
 * @param from the begin of the time that was watched
 * @param to its end
 * @param diagnoses the causes of the late messages; of the first ones, if there are too many
 * @param batches the batches of the server's writer
 * @param circumstances things that went on meanwhile
 * @param users for waits for a processor, who had the processors meanwhile
 * @param counters by how much counters of PostgreSQL and of the kernel rose
 * @param notes about how far this can be believed
 */
public record RunExplanation(
        long lateNanos,
        long measured,
        long late,
        long from,
        long to,
        List<Diagnosis> diagnoses,
        List<RecordedBatch> batches,
        Map<Circumstance, DisturbanceLog> circumstances,
        Map<Cause, String> users,
        Map<String, Double> counters,
        List<String> notes) {}
