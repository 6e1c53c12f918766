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
import zap.shell.store.Messages.ReadMark;

/**
 * What was shown to be read, and what its authors are told of it (08).
 *
 * <p>A mark covers all of an author's messages up to a second, so it is made when it goes out and ends before the oldest message that was
 * not shown. Behind a hole (entries that another store has fetched) this store cannot know what was shown: from there on nobody is told
 * anything until its person says so (see {@link ProfileSettings#receipts(boolean)}).
 *
 * <p>An author's clock may be wrong. A mark that lies ahead of our clock goes out behind one that does not: it says nothing new of the
 * messages that come after it, and a server lowers it to nothing while one of those waits.
 */
public final class ReadMarks {

    private final ProfileDatabase database;
    private final ProfileSettings settings;

    public ReadMarks(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /**
     * Notes that these were shown to be read.
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
            // The server lowers a receipt below what still waits. What was told is told again, now that this one has
            // been shown.
            return jdbc.sql("update read_mark set told = 0 where person = ? and told >= ?")
                    .params(author, oldestSeen)
                    .update();
        });
    }

    /**
     * Returns the newest second of an author up to which everything was shown.
     *
     * @param most a second that it does not exceed
     * @param newest the number of the last message that counts
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

    /** Returns what authors should be told now, in this order, each up to a second before which everything was shown. */
    public List<ReadMark> due(Instant now) {
        record Wish(long person, long upTo, long told) {}
        List<Wish> wishes =
                database.with(jdbc -> jdbc.sql("select person, up_to, told from read_mark where told < up_to"
                                + " and person not in (select person from blocked) order by person")
                        .query((row, n) -> new Wish(row.getLong(1), row.getLong(2), row.getLong(3)))
                        .list());
        if (wishes.isEmpty()) {
            return List.of();
        }
        long beforeHole = settings.hole().orElse(Long.MAX_VALUE);
        long latest = MessageDates.latest(now);
        var marks = new ArrayList<ReadMark>();
        for (Wish wish : wishes) {
            LongStream.of(Math.min(wish.upTo(), latest), wish.upTo())
                    .mapToObj(most -> shownUpTo(wish.person(), most, beforeHole))
                    .flatMapToLong(OptionalLong::stream)
                    .filter(upTo -> upTo > wish.told())
                    .distinct()
                    .forEach(upTo -> marks.add(new ReadMark(new ClientId(wish.person()), new PosixTime(upTo))));
        }
        return marks;
    }

    /** Notes that a mark was handed over. */
    public void told(ReadMark readMark, long mark) {
        database.with(jdbc -> jdbc.sql("update read_mark set told = ?, told_mark = ? where person = ?")
                .params(readMark.upTo().seconds(), mark, readMark.person().value())
                .update());
    }

    /** Tells again what was told after this mark of a base session: a read mark does no harm when it is given twice. */
    public void tellAgainAfter(long mark) {
        database.with(jdbc -> jdbc.sql("update read_mark set told = 0 where told_mark > ?")
                .param(mark)
                .update());
    }

    /** Tells everybody again, on a new stream. */
    void tellAllAgain() {
        database.with(jdbc -> jdbc.sql("update read_mark set told = 0").update());
    }
}
