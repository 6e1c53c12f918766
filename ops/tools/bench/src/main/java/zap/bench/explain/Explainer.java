package zap.bench.explain;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.RecordedMail.Mail;
import zap.bench.explain.WriterTimeline.Phase;
import zap.bench.explain.WriterTimeline.Step;

/**
 * Divides the latency of a message among causes. A pure function of what was recorded.
 *
 * <p>A message's way is cut into {@linkplain Leg legs}. Time in the write queue is cut further, by the batches that the
 * writer had meanwhile. For each piece there is a list of disturbances that can explain it, the most specific one
 * first: a moment goes to the first one that was seen at that moment. Time without any goes to the piece itself, such
 * as the statement of the batch, or to an unknown cause of its own.
 */
final class Explainer {

    private static final List<Cause> GENERATOR = List.of(Cause.GENERATOR_PAUSED, Cause.GENERATOR_QUEUED);

    private static final List<Cause> ON_THE_WAY_IN = List.of(
            Cause.SERVER_STOPPED,
            Cause.SERVER_GC,
            Cause.SERVER_SAFEPOINT,
            Cause.GENERATOR_PAUSED,
            Cause.CARRIER_QUEUED,
            Cause.CARRIERS_BUSY,
            Cause.GENERATOR_QUEUED,
            Cause.TCP);

    private static final List<Cause> IN_THE_WRITER =
            List.of(Cause.SERVER_STOPPED, Cause.SERVER_GC, Cause.SERVER_SAFEPOINT, Cause.WRITER_QUEUED);

    /** The writer may read rows that are not cached, and then waits for the database, too. */
    private static final List<Cause> IN_THE_DATABASE = List.of(
            Cause.SERVER_STOPPED,
            Cause.DATABASE_STOPPED,
            // Before what it waits for by its own account: it clears that only once it has a processor again.
            Cause.BACKEND_QUEUED,
            Cause.WAL_FILE,
            Cause.WAL_FLUSH_IN_CHECKPOINT,
            Cause.WAL_FLUSH,
            Cause.DATABASE_LOCK,
            Cause.DATABASE_INTERNAL_LOCK,
            Cause.DATABASE_IO,
            Cause.DATABASE_OTHER_WAIT,
            Cause.SERVER_GC,
            Cause.SERVER_SAFEPOINT,
            Cause.BACKEND_RUNS,
            Cause.WRITER_QUEUED);

    private static final List<Cause> IN_THE_QUEUE_ALONE = List.of(
            Cause.SERVER_STOPPED,
            Cause.SERVER_GC,
            Cause.SERVER_SAFEPOINT,
            Cause.WRITER_QUEUED,
            Cause.CARRIER_QUEUED,
            Cause.CARRIERS_BUSY);

    private static final List<Cause> IN_A_SESSION = List.of(
            Cause.SERVER_STOPPED, Cause.SERVER_GC, Cause.SERVER_SAFEPOINT, Cause.CARRIER_QUEUED, Cause.CARRIERS_BUSY);

    private static final List<Cause> ON_THE_WAY_OUT =
            List.of(Cause.GENERATOR_PAUSED, Cause.GENERATOR_QUEUED, Cause.SERVER_STOPPED, Cause.TCP);

    private final WriterTimeline writer;
    private final RecordedMail mail;
    private final Map<Cause, DisturbanceLog> disturbances;

    Explainer(WriterTimeline writer, RecordedMail mail, Map<Cause, DisturbanceLog> disturbances) {
        this.writer = writer;
        this.mail = mail;
        this.disturbances = new EnumMap<>(Cause.class);
        this.disturbances.putAll(disturbances);
    }

    /** Explains one message. */
    Diagnosis explain(LateMessage message) {
        return new Division(message).done();
    }

    /** The work on one message. */
    private final class Division {

        private final LateMessage message;
        private final Map<Cause, Long> causes = new EnumMap<>(Cause.class);
        private final Map<Leg, Long> legs = new EnumMap<>(Leg.class);
        private final Map<Cause, Disturbance> seen = new EnumMap<>(Cause.class);
        /** Everything before this moment has its cause. */
        private long at;

        Division(LateMessage message) {
            this.message = message;
            at = message.due();
        }

        Diagnosis done() {
            leg(Leg.SENDING, message.sent(), GENERATOR, Cause.GENERATOR_SENT_LATE);
            @Nullable Mail record = mail.of(message);
            if (record == null) {
                throughUnrecordedServer();
            } else {
                leg(Leg.TO_SERVER, record.received(), ON_THE_WAY_IN, Cause.UNKNOWN_TO_SERVER);
                throughWriter(record);
                leg(Leg.OUTBOX, record.begun(), IN_A_SESSION, Cause.UNKNOWN_IN_OUTBOX);
                leg(Leg.WRITING, record.written(), IN_A_SESSION, Cause.SOCKET_WRITE);
                leg(Leg.TO_RECIPIENT, message.arrived(), ON_THE_WAY_OUT, Cause.UNKNOWN_TO_RECIPIENT);
            }
            Cause main = Cause.UNKNOWN_IN_SERVER;
            long most = -1;
            for (Map.Entry<Cause, Long> entry : causes.entrySet()) {
                if (entry.getValue() > most) {
                    most = entry.getValue();
                    main = entry.getKey();
                }
            }
            return new Diagnosis(message, causes, legs, main, seen);
        }

        private void throughWriter(Mail record) {
            @Nullable RecordedBatch own = writer.storedBetween(record.received(), record.begun());
            if (own == null) {
                leg(Leg.SERVER, record.begun(), IN_THE_QUEUE_ALONE, Cause.UNKNOWN_IN_SERVER);
                return;
            }
            long until = Math.min(own.taken(), message.arrived());
            for (Phase phase : until > at ? writer.phases(at, until) : List.<Phase>of()) {
                queued(phase);
            }
            leg(Leg.DECIDING, own.storing(), IN_THE_WRITER, Cause.WRITER_DECIDES);
            step(Leg.DATABASE, own.stored(), own, Cause.OWN_STATEMENT);
            leg(Leg.REPORTING, Math.min(own.reported(), record.begun()), IN_THE_WRITER, Cause.WRITER_REPORTS);
        }

        private void queued(Phase phase) {
            @Nullable RecordedBatch batch = phase.batch();
            if (batch == null) {
                leg(Leg.QUEUE, phase.to(), IN_THE_QUEUE_ALONE, Cause.UNKNOWN_IN_QUEUE);
            } else if (phase.step() == Step.DATABASE) {
                step(
                        Leg.QUEUE,
                        phase.to(),
                        batch,
                        batch.isMostlyConfirmations() ? Cause.STATEMENT_OF_CONFIRMATIONS : Cause.STATEMENT_AHEAD);
            } else {
                leg(
                        Leg.QUEUE,
                        phase.to(),
                        IN_THE_WRITER,
                        phase.step() == Step.DECIDING ? Cause.WRITER_DECIDES : Cause.WRITER_REPORTS);
            }
        }

        /** Without a record of the message, the writer's batches still say something about the time in the server. */
        private void throughUnrecordedServer() {
            if (writer.batches().isEmpty()) {
                leg(Leg.SERVER, message.arrived(), IN_A_SESSION, Cause.UNKNOWN_IN_SERVER);
                return;
            }
            for (Phase phase : at < message.arrived() ? writer.phases(at, message.arrived()) : List.<Phase>of()) {
                @Nullable RecordedBatch batch = phase.batch();
                if (batch != null && phase.step() == Step.DATABASE) {
                    step(Leg.SERVER, phase.to(), batch, Cause.STATEMENT_AHEAD);
                } else {
                    leg(Leg.SERVER, phase.to(), IN_THE_QUEUE_ALONE, Cause.UNKNOWN_IN_SERVER);
                }
            }
        }

        /** Divides the time of a batch in the database. Its statement gets the time in which the backend ran. */
        private void step(Leg leg, long to, RecordedBatch batch, Cause statement) {
            var whole = new Disturbance(batch.storing(), Math.max(batch.storing(), batch.stored()), batch.describe());
            long end = Math.min(to, message.arrived());
            if (end <= at) {
                return;
            }
            legs.merge(leg, end - at, Long::sum);
            // Without marks of the backend, all time without another reason is the statement's.
            Cause otherwise = disturbances.containsKey(Cause.BACKEND_RUNS) ? Cause.DATABASE_UNSEEN : statement;
            divide(at, end, IN_THE_DATABASE, 0, otherwise, statement, whole);
            at = end;
        }

        private void leg(Leg leg, long to, List<Cause> possible, Cause otherwise) {
            long end = Math.min(to, message.arrived());
            if (end <= at) {
                return;
            }
            legs.merge(leg, end - at, Long::sum);
            divide(at, end, possible, 0, otherwise, otherwise, null);
            at = end;
        }

        /**
         * Divides a stretch among the possible causes from an index on.
         *
         * @param statement the cause for which the backend ran
         * @param whole the batch, as evidence for that and for the other cause; null outside the database
         */
        private void divide(
                long from,
                long to,
                List<Cause> possible,
                int index,
                Cause otherwise,
                Cause statement,
                @Nullable Disturbance whole) {
            if (from >= to) {
                return;
            }
            if (index == possible.size()) {
                add(otherwise, to - from, whole);
                return;
            }
            Cause cause = possible.get(index);
            var cursor = new long[] {from};
            disturbances.getOrDefault(cause, DisturbanceLog.EMPTY).forEachIn(from, to, one -> {
                long begin = Math.max(one.from(), cursor[0]);
                long end = Math.min(one.to(), to);
                if (end <= begin) {
                    return;
                }
                divide(cursor[0], begin, possible, index + 1, otherwise, statement, whole);
                if (cause == Cause.BACKEND_RUNS) {
                    add(statement, end - begin, whole);
                } else {
                    add(cause, end - begin, one);
                }
                cursor[0] = end;
            });
            divide(cursor[0], to, possible, index + 1, otherwise, statement, whole);
        }

        private void add(Cause cause, long nanos, @Nullable Disturbance evidence) {
            causes.merge(cause, nanos, Long::sum);
            if (evidence != null) {
                seen.merge(cause, evidence, (one, other) -> one.nanos() >= other.nanos() ? one : other);
            }
        }
    }
}
