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
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.StreamId;

/**
 * The numbered frames of the own stream (protocol section 3).
 *
 * <p>A frame is on disk with its number before a connection sees it, and is kept until the server has accepted it. So a
 * frame keeps its number over any number of crashes.
 */
public final class NumberedFrames {

    /** The number of accepted frames that are kept, because a refusal may come a moment later. */
    private static final int KEPT = 1000;

    private static final String LAST = "ordinal";

    private static final String ACCEPTED = "accepted";

    private static final String MALFORMED_AT = "malformed-at";

    private static final String WITHOUT_DIGESTS = "stream-without-digests";

    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameDecoder decoder = new FrameDecoder();

    /**
     * The message or group that a numbered frame carries.
     *
     * @param message the number of the message; null when the frame carries none
     * @param pendingGroup the number of the pending group; null when the frame carries none
     */
    public record FrameSubject(
            @Nullable Long message, @Nullable Long pendingGroup) {

        /** The subject of a frame whose outcome is not tracked. */
        public static final FrameSubject NONE = new FrameSubject(null, null);
    }

    public NumberedFrames(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /** Returns the number of the last frame. */
    public long last() {
        return settings.count(LAST);
    }

    /** Returns how many frames the server is known to have dealt with. */
    public long accepted() {
        return settings.count(ACCEPTED);
    }

    /** Gives a frame the next number, and stores it with the digest of the stream after it. */
    public long add(Frame.FromClient frame, FrameSubject subject) {
        return database.inTransaction(jdbc -> {
            Optional<HistoryDigest> before = digestAt(last());
            long ordinal = settings.nextCount(LAST);
            byte[] bytes = encoder.encode(frame);
            jdbc.sql("insert into numbered (ordinal, frame, message, pending_group, digest) values (?, ?, ?, ?, ?)")
                    .param(ordinal)
                    .param(new String(bytes, UTF_8))
                    .param(subject.message())
                    .param(subject.pendingGroup())
                    .param(before.map(digest ->
                                    digest.after(bytes, 0, bytes.length).value())
                            .orElse(null))
                    .update();
            return ordinal;
        });
    }

    /** Returns the digest of the stream after this number; empty when it was never known or is not kept any more. */
    public Optional<HistoryDigest> digestAt(long ordinal) {
        if (ordinal == 0) {
            return Optional.of(HistoryDigest.EMPTY);
        }
        return database.with(jdbc -> jdbc.sql("select digest from numbered where ordinal = ? and digest is not null")
                .param(ordinal)
                .query((row, n) -> new HistoryDigest(row.getInt(1)))
                .optional());
    }

    /**
     * Returns whether the store has frames from before there were digests, and has not adopted the server's digest yet.
     */
    public boolean isWithoutDigests() {
        return settings.count(WITHOUT_DIGESTS) > 0;
    }

    /**
     * Adopts the server's digest at the last accepted frame, once, and computes the digests of the frames after it.
     */
    public void takeOver(long accepted, HistoryDigest its) {
        record Row(long ordinal, byte[] frame) {}
        database.inTransaction(jdbc -> {
            settings.count(WITHOUT_DIGESTS, 0);
            if (accepted > 0) {
                // The frame at that number may be forgotten: its digest must be here all the same.
                jdbc.sql("insert into numbered (ordinal, frame, digest) values (?, '', ?)"
                                + " on conflict (ordinal) do update set digest = excluded.digest")
                        .params(accepted, its.value())
                        .update();
            }
            HistoryDigest digest = its;
            for (Row row : jdbc.sql("select ordinal, frame from numbered where ordinal > ? order by ordinal")
                    .param(accepted)
                    .query((row, n) -> new Row(row.getLong(1), row.getString(2).getBytes(UTF_8)))
                    .list()) {
                digest = digest.after(row.frame(), 0, row.frame().length);
                jdbc.sql("update numbered set digest = ? where ordinal = ?")
                        .params(digest.value(), row.ordinal())
                        .update();
            }
            return true;
        });
    }

    /** Returns the frames after this number, in their order. */
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

    /** Returns the messages that the frames after one number carry, up to and including another. */
    public List<Long> messages(long after, long upTo) {
        return database.with(jdbc -> jdbc.sql(
                        "select message from numbered where ordinal > ? and ordinal <= ? and message is not null")
                .params(after, upTo)
                .query(Long.class)
                .list());
    }

    /** Returns the subject of a frame; empty when the frame never was, or is not kept any more. */
    public Optional<FrameSubject> subject(long ordinal) {
        return database.with(jdbc -> jdbc.sql("select message, pending_group from numbered where ordinal = ?")
                .param(ordinal)
                .query((row, n) -> {
                    long message = row.getLong(1);
                    @Nullable Long itsMessage = row.wasNull() ? null : message;
                    long group = row.getLong(2);
                    return new FrameSubject(itsMessage, row.wasNull() ? null : group);
                })
                .optional());
    }

    /**
     * Detaches the message from a frame, because the message takes another way. The server's answer to the frame has no
     * effect then.
     */
    public void carriesNothing(long ordinal) {
        database.with(jdbc -> jdbc.sql("update numbered set message = null where ordinal = ?")
                .param(ordinal)
                .update());
    }

    /** Records how many frames the server has dealt with, and deletes most of them. */
    public void settled(long accepted) {
        database.inTransaction(jdbc -> {
            settings.count(ACCEPTED, accepted);
            return jdbc.sql("delete from numbered where ordinal <= ?")
                    .param(accepted - KEPT)
                    .update();
        });
    }

    /**
     * Records that the server has closed the session at this frame, because of something that it could not read. The
     * frame is the first that it had not dealt with.
     *
     * @return whether it has closed a session at this frame before
     */
    public boolean isMalformedAgain(long ordinal) {
        return database.inTransaction(jdbc -> {
            boolean again = settings.count(MALFORMED_AT) == ordinal;
            settings.count(MALFORMED_AT, ordinal);
            return again;
        });
    }

    /** Returns whether all frames after this number are still here. */
    public boolean reachesBackTo(long ordinal) {
        long kept = database.with(jdbc -> jdbc.sql("select count(*) from numbered where ordinal > ?")
                .param(ordinal)
                .query(Long.class)
                .single());
        return kept == last() - ordinal;
    }

    /**
     * Begins another stream, with number 1.
     *
     * <p>All messages wait to be sent again that this store has sent on any stream, and that are neither refused nor
     * known to be delivered to all their recipients. So do pending groups and read marks.
     *
     * @return how many messages that are
     */
    public int restart(StreamId fresh) {
        return database.inTransaction(jdbc -> {
            beginFor(fresh);
            new ReadMarks(database).tellAllAgain();
            new PendingGroups(database).waitAgain();
            return new OutgoingMessages(database).waitAgain();
        });
    }

    /** Begins another stream, with number 1, and deletes the frames of the one before. */
    void beginFor(StreamId fresh) {
        database.inTransaction(jdbc -> {
            settings.stream(fresh);
            settings.count(LAST, 0);
            settings.count(ACCEPTED, 0);
            settings.count(WITHOUT_DIGESTS, 0);
            settings.count(MALFORMED_AT, 0);
            return jdbc.sql("delete from numbered").update();
        });
    }
}
