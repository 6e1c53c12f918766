package zap.shell.store;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import zap.protocol.Address;
import zap.shell.store.Messages.Message;
import zap.shell.text.SearchTerms;

/**
 * Finds messages by the words in them.
 *
 * <p>The index holds the terms that {@link SearchTerms} cuts texts into. A message is added to it by the first search
 * after the message came, so that a session does not pay for an index that is not used.
 */
public final class MessageSearch {

    /** Messages that are added to the index in one transaction: well under a second, and other processes wait ten. */
    static final int INDEXED_AT_ONCE = 2_000;

    private final ProfileDatabase database;

    public MessageSearch(ProfileDatabase database) {
        this.database = database;
    }

    /**
     * Returns the messages with all these words, the best first. The last word may be the beginning of one.
     *
     * @param chat null to search all chats
     * @see SearchTerms
     */
    public List<Message> find(String words, @Nullable Address chat, int limit) {
        Optional<String> query = SearchTerms.query(words);
        if (query.isEmpty()) {
            return List.of();
        }
        try {
            indexNewMessages();
        } catch (DataAccessException | ProfileDatabase.StoreException e) {
            // The disk is full or cannot be written. The messages can be read all the same.
            return searchOneByOne(words, chat, limit);
        }
        return database.with(jdbc -> jdbc.sql("""
                        with found as (select rowid as number, rank from message_terms where message_terms match ?1
                          order by rank limit case when ?2 = 0 and %s then ?3 else -1 end)
                        select %s from found join message m on m.number = found.number
                        where (?2 = 0 or m.chat = ?2) and %s
                        order by found.rank, m.number desc limit ?3""".formatted(Blocks.NOTHING_HIDDEN, Messages.COLUMNS, Blocks.SHOWN))
                .params(query.get(), chat == null ? 0 : chat.value(), limit)
                .query(Messages::message)
                .list());
    }

    /**
     * Adds the messages to the index that have come since the last search.
     *
     * <p>The first time that is the whole history. It is added in parts, so that a session of another process can store
     * what comes meanwhile.
     */
    private void indexNewMessages() {
        while (indexSome() == INDEXED_AT_ONCE) {
            // There are more.
        }
    }

    /** Adds the next messages to the index, at most {@link #INDEXED_AT_ONCE}, and returns how many they were. */
    int indexSome() {
        return database.inTransaction(jdbc -> {
            List<Unindexed> some = jdbc.sql("select m.number, m.text from message m"
                            + " where m.number > (select coalesce(max(id), 0) from message_terms_docsize)"
                            + " order by m.number limit ?")
                    .param(INDEXED_AT_ONCE)
                    .query((row, n) -> new Unindexed(row.getLong(1), row.getString(2)))
                    .list();
            some.forEach(one -> jdbc.sql("insert into message_terms (rowid, terms) values (?, ?)")
                    .params(one.number(), SearchTerms.of(one.text()))
                    .update());
            return some.size();
        });
    }

    private record Unindexed(long number, String text) {}

    /** Compares the words with every message, without the index. */
    private List<Message> searchOneByOne(String words, @Nullable Address chat, int limit) {
        return database
                .with(jdbc -> jdbc.sql(
                                "select " + Messages.COLUMNS + " from message m where (?1 = 0 or m.chat = ?1) and "
                                        + Blocks.SHOWN + " order by m.number desc")
                        .param(chat == null ? 0 : chat.value())
                        .query(Messages::message)
                        .list())
                .stream()
                .filter(message -> SearchTerms.matches(message.text(), words))
                .limit(limit)
                .toList();
    }
}
