package zap.bench.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The batches of the server's writer in their order. The writer works on one at a time. */
final class WriterTimeline {

    /** A step of the writer with a batch. */
    enum Step {
        DECIDING,
        DATABASE,
        REPORTING,
        IDLE
    }

    /**
     * A stretch of time in which the writer did one thing.
     *
     * @param batch the batch that it had; null while it was idle
     */
    record Phase(long from, long to, Step step, @Nullable RecordedBatch batch) {}

    private final List<RecordedBatch> batches;

    WriterTimeline(List<RecordedBatch> batches) {
        this.batches = new ArrayList<>(batches);
        this.batches.sort(Comparator.comparingLong(RecordedBatch::taken));
    }

    List<RecordedBatch> batches() {
        return batches;
    }

    /** Divides a stretch among the steps of the writer, without gaps. */
    List<Phase> phases(long from, long to) {
        var phases = new ArrayList<Phase>();
        long at = from;
        for (int i = firstReportedAfter(from); i < batches.size() && at < to; i++) {
            RecordedBatch batch = batches.get(i);
            if (batch.taken() >= to) {
                break;
            }
            at = add(phases, at, Math.min(batch.taken(), to), Step.IDLE, null);
            at = add(phases, at, Math.min(batch.storing(), to), Step.DECIDING, batch);
            at = add(phases, at, Math.min(batch.stored(), to), Step.DATABASE, batch);
            at = add(phases, at, Math.min(batch.reported(), to), Step.REPORTING, batch);
        }
        add(phases, at, to, Step.IDLE, null);
        return phases;
    }

    private static long add(List<Phase> phases, long from, long to, Step step, @Nullable RecordedBatch batch) {
        if (to <= from) {
            return from;
        }
        phases.add(new Phase(from, to, step, batch));
        return to;
    }

    private int firstReportedAfter(long time) {
        int low = 0;
        int high = batches.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (batches.get(middle).reported() > time) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /**
     * Returns the batch that stored a message.
     *
     * @param received the time at which the server had read it
     * @param givenBy the time at which the outbox had it in hand
     * @return null if no batch fits
     */
    @Nullable
    RecordedBatch storedBetween(long received, long givenBy) {
        for (int i = firstReportedAfter(received); i < batches.size(); i++) {
            RecordedBatch batch = batches.get(i);
            if (batch.stored() > givenBy) {
                return null;
            }
            if (batch.taken() >= received
                    && batch.firstReceived() <= received
                    && received <= batch.lastReceived()
                    && batch.messages() > 0) {
                return batch;
            }
        }
        return null;
    }
}
