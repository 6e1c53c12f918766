package zap.shell.store;

import java.time.Instant;
import java.util.List;
import zap.protocol.ClientId;

/** Events in the history of this store that the user must know: gaps, a server that went back, a copy of the store. */
public final class HistoryEvents {

    /** The kind of an event. The number is what the file keeps. */
    public enum Kind {
        /** Another store of this identity has fetched entries of the mailbox, or they are lost to this one. */
        UNSEEN(1),
        /** The server was restored from a backup, and has lost some of its history. */
        SERVER_LOST(2),
        /** Another store has sent on this store's stream: one of the two is a copy. */
        NEW_STREAM_COPY(3),
        /** The server has lost some of what it had accepted from this store. */
        NEW_STREAM_SERVER(4),
        /** The profile got another number, because the server did not accept the one before. */
        NEW_NUMBER(5),
        /** The mailbox was full: some of what was written to this identity may have been refused. */
        MAILBOX_FULL(6);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        private static Kind of(int number) {
            for (Kind kind : values()) {
                if (kind.number == number) {
                    return kind;
                }
            }
            throw new IllegalStateException("an event of kind " + number);
        }
    }

    /**
     * An event.
     *
     * @param number at least how many entries were not seen, or how many the server has lost of those that this store
     *     had; how many messages are sent again; the former number of the profile; 0 for a full mailbox
     * @param afterMessage the number of the newest message when it happened
     */
    public record HistoryEvent(long id, Kind kind, long number, Instant notedAt, long afterMessage) {}

    private final ProfileDatabase database;

    public HistoryEvents(ProfileDatabase database) {
        this.database = database;
    }

    /** Adds an event, and its place in the numbering of messages. */
    public HistoryEvent add(Kind kind, long number, Instant now) {
        return database.inTransaction(jdbc -> {
            jdbc.sql("insert into history_event (kind, number, noted_ms, message)"
                            + " values (?, ?, ?, (select coalesce(max(number), 0) from message))")
                    .params(kind.number, number, now.toEpochMilli())
                    .update();
            return after(database.lastRow() - 1).getFirst();
        });
    }

    /** Returns all events, the oldest first. */
    public List<HistoryEvent> all() {
        return after(0);
    }

    /** Returns the events with greater ids, the oldest first. */
    public List<HistoryEvent> after(long id) {
        return database.with(jdbc -> jdbc.sql(
                        "select id, kind, number, noted_ms, message from history_event where id > ? order by id")
                .param(id)
                .query((row, n) -> new HistoryEvent(
                        row.getLong(1),
                        Kind.of(row.getInt(2)),
                        row.getLong(3),
                        Instant.ofEpochMilli(row.getLong(4)),
                        row.getLong(5)))
                .list());
    }

    /** Returns the former numbers of the profile, the oldest first. */
    public List<ClientId> formerNumbers() {
        return all().stream()
                .filter(event -> event.kind() == Kind.NEW_NUMBER)
                .map(event -> new ClientId(event.number()))
                .toList();
    }

    /** Returns the id of the newest event; 0 when there is none. */
    public long newest() {
        return database.with(jdbc -> jdbc.sql("select coalesce(max(id), 0) from history_event")
                .query(Long.class)
                .single());
    }
}
