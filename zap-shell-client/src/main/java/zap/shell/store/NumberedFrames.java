package zap.shell.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.MalformedFrameException;
import zap.protocol.StreamId;

/**
 * The numbered frames of our stream (protocol section 3): what was given a number is on disk with it before a connection sees it, and is
 * kept until the server has accepted it. So a frame has one number for ever, over any number of crashes.
 */
public final class NumberedFrames {

    /** So many accepted frames are kept, because a refusal may come a moment behind. */
    private static final int KEPT = 1000;

    private static final String LAST = "ordinal";

    private final Database database;
    private final Settings settings;
    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameDecoder decoder = new FrameDecoder();

    /**
     * What a numbered frame carries.
     *
     * @param message the number of the message, if it is one
     * @param wantedGroup the number of the wish for a group, if it is one
     */
    public record Cargo(@Nullable Long message, @Nullable Long wantedGroup) {

        /** A frame of which nobody waits to hear. */
        public static final Cargo NONE = new Cargo(null, null);
    }

    public NumberedFrames(Database database) {
        this.database = database;
        this.settings = new Settings(database);
    }

    /** The number that was given last. */
    public long last() {
        return settings.count(LAST);
    }

    /** Gives a frame the next number, and keeps it. */
    public long add(Frame.FromClient frame, Cargo cargo) {
        return database.inTransaction(jdbc -> {
            long ordinal = settings.nextCount(LAST);
            jdbc.sql("insert into numbered (ordinal, frame, message, wanted_group) values (?, ?, ?, ?)")
                    .param(ordinal)
                    .param(new String(encoder.encode(frame), UTF_8))
                    .param(cargo.message())
                    .param(cargo.wantedGroup())
                    .update();
            return ordinal;
        });
    }

    /** The frames behind this number, in their order. */
    public List<Frame> after(long ordinal) {
        return database.with(jdbc -> jdbc.sql("select frame from numbered where ordinal > ? order by ordinal")
                .param(ordinal)
                .query((row, n) -> frame(row.getString(1)))
                .list());
    }

    private Frame frame(String text) {
        try {
            return Objects.requireNonNull(decoder.decode(ByteBuffer.wrap(text.getBytes(UTF_8))), "a whole frame");
        } catch (MalformedFrameException e) {
            throw new IllegalStateException("the store has a frame that is none", e);
        }
    }

    /** The messages with numbers from one, exclusively, up to another. */
    public List<Long> messages(long after, long upTo) {
        return database.with(jdbc -> jdbc.sql(
                        "select message from numbered where ordinal > ? and ordinal <= ? and message is not null")
                .params(after, upTo)
                .query(Long.class)
                .list());
    }

    /** What the frame with this number carries; empty when it is not kept any more, or never was. */
    public Optional<Cargo> cargo(long ordinal) {
        return database.with(jdbc -> jdbc.sql("select message, wanted_group from numbered where ordinal = ?")
                .param(ordinal)
                .query((row, n) -> {
                    long message = row.getLong(1);
                    @Nullable Long itsMessage = row.wasNull() ? null : message;
                    long group = row.getLong(2);
                    return new Cargo(itsMessage, row.wasNull() ? null : group);
                })
                .optional());
    }

    /** Up to this number all is settled: forgets most of it. */
    public void forget(long accepted) {
        database.with(jdbc -> jdbc.sql("delete from numbered where ordinal <= ?")
                .param(accepted - KEPT)
                .update());
    }

    /** Whether all frames behind this number are still here. */
    public boolean reachesBackTo(long ordinal) {
        long kept = database.with(jdbc -> jdbc.sql("select count(*) from numbered where ordinal > ?")
                .param(ordinal)
                .query(Long.class)
                .single());
        return kept == last() - ordinal;
    }

    /**
     * Begins another stream, with 1.
     *
     * @return the messages that the old one carried
     */
    public List<Long> restart(StreamId fresh) {
        return database.inTransaction(jdbc -> {
            List<Long> carried = messages(0, Long.MAX_VALUE);
            jdbc.sql("delete from numbered").update();
            settings.stream(fresh);
            settings.count(LAST, 0);
            return carried;
        });
    }
}
