package zap.shell.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;

/**
 * The messages that were shown to be read, and the read marks (08) that tell their authors.
 *
 * <p>A read mark covers all messages of an author up to a second. So it is made when it goes out, and ends before the
 * oldest message that was not shown. Behind a hole (entries that another store has fetched) this store cannot know what
 * was shown: from there on no read mark goes out until the user allows it (see {@link
 * ProfileSettings#receipts(boolean)}).
 *
 * <p>An author's clock may be wrong. A read mark ahead of the own clock goes out behind one that is not: it says
 * nothing about messages that come after it, and a server lowers it to nothing while one of those waits.
 */
public final class ReadMarks {

    /** A read mark (08) that is due: tells an author that all messages up to a second were read. */
    public record ReadMark(ClientId person, PosixTime upTo) {}

    private final ProfileDatabase database;
    private final ProfileSettings settings;

    public ReadMarks(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /**
     * Records that messages were shown to be read.
     *
     * @param tell whether their authors may be told
     */
    public void seen(List<Long> numbers, boolean tell) {
        if (numbers.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            var oldestSeen = new HashMap<Long, Long>();
            for (long number : numbers) {
                jdbc.sql("update message set seen = 1 where number = ? and seen = 0" + " returning author, sent_at")
                        .param(number)
                        .query((row, n) -> Map.entry(row.getLong(1), row.getLong(2)))
                        .list()
                        .forEach(one -> oldestSeen.merge(one.getKey(), one.getValue(), Math::min));
            }
            if (tell) {
                oldestSeen.forEach(this::raise);
            }
            return true;
        });
    }

    private void raise(long author, long oldestSeen) {
        OptionalLong upTo = shownUpTo(author, Long.MAX_VALUE, Long.MAX_VALUE);
        database.with(jdbc -> {
            if (upTo.isPresent()) {
                jdbc.sql("""
                                insert into read_mark (person, up_to, told, told_mark) values (?, ?, 0, 0)
                                on conflict (person) do update set up_to = excluded.up_to where excluded.up_to > up_to""").params(author, upTo.getAsLong()).update();
            }
            // The server lowers a receipt below what still waits, so it is sent again now that this message was shown.
            return jdbc.sql("update read_mark set told = 0 where person = ? and told >= ?")
                    .params(author, oldestSeen)
                    .update();
        });
    }

    /**
     * Returns the newest second of an author up to which all messages were shown.
     *
     * @param most the latest second to return
     * @param newest the number of the last message to consider
     */
    private OptionalLong shownUpTo(long author, long most, long newest) {
        return database.with(jdbc -> {
            long unseen = jdbc.sql("select coalesce(min(sent_at), ?) from message" + " where author = ? and seen = 0")
                    .params(Long.MAX_VALUE, author)
                    .query(Long.class)
                    .single();
            return jdbc.sql("select sent_at from message where author = ? and seen = 1"
                            + " and sent_at < ? and sent_at <= ? and number <= ? order by sent_at desc limit 1")
                    .params(author, unseen, most, newest)
                    .query(Long.class)
                    .optional()
                    .map(OptionalLong::of)
                    .orElse(OptionalLong.empty());
        });
    }

    /** Returns the read marks that are due, in the order in which they go out. */
    public List<ReadMark> due(Instant now) {
        record Due(long person, long upTo, long told) {}
        List<Due> all = database.with(jdbc -> jdbc.sql("select person, up_to, told from read_mark where told < up_to"
                        + " and person not in (select person from blocked) order by person")
                .query((row, n) -> new Due(row.getLong(1), row.getLong(2), row.getLong(3)))
                .list());
        if (all.isEmpty()) {
            return List.of();
        }
        long beforeHole = settings.hole().orElse(Long.MAX_VALUE);
        long latest = MessageDates.latest(now);
        var marks = new ArrayList<ReadMark>();
        for (Due one : all) {
            LongStream.of(Math.min(one.upTo(), latest), one.upTo())
                    .mapToObj(most -> shownUpTo(one.person(), most, beforeHole))
                    .flatMapToLong(OptionalLong::stream)
                    .filter(upTo -> upTo > one.told())
                    .distinct()
                    .forEach(upTo -> marks.add(new ReadMark(new ClientId(one.person()), new PosixTime(upTo))));
        }
        return marks;
    }

    /**
     * Records that a read mark was handed over.
     *
     * @param mark the count of the mark behind it
     */
    public void told(ReadMark readMark, long mark) {
        database.with(jdbc -> jdbc.sql("update read_mark set told = ?, told_mark = ? where person = ?")
                .params(readMark.upTo().seconds(), mark, readMark.person().value())
                .update());
    }

    /**
     * Sends the read marks again that were handed over after this mark of a base session. Receiving one twice does no
     * harm.
     */
    public void tellAgainAfter(long mark) {
        database.with(jdbc -> jdbc.sql("update read_mark set told = 0 where told_mark > ?")
                .param(mark)
                .update());
    }

    /** Sends all read marks again, on a new stream. */
    void tellAllAgain() {
        database.with(jdbc -> jdbc.sql("update read_mark set told = 0").update());
    }
}
