package zap.shell.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Repeats.Arrival;

/** Stores the messages that come in. */
public final class IncomingMessages {

    private final ProfileDatabase database;
    private final Messages messages;

    public IncomingMessages(ProfileDatabase database) {
        this.database = database;
        this.messages = new Messages(database);
    }

    /**
     * Stores a message of a base session that has no id. It is on disk when this returns.
     *
     * @param session the count of the session that brought it
     */
    public Message add(Address chat, ClientId author, PosixTime sentAt, String text, Instant now, long session) {
        return add(new Arrival(chat, author, sentAt, null, text), null, now, session);
    }

    /**
     * Stores a message. It is on disk when this returns.
     *
     * @param position its position in the own mailbox; null on a base session, whose mail may come once more on an
     *     assured session
     * @param session the count of the session that brought it
     */
    public Message add(Arrival arrival, @Nullable Position position, Instant now, long session) {
        @Nullable MessageId id = arrival.id();
        return database.inTransaction(jdbc -> {
            jdbc.sql("insert into message (chat, author, outgoing, sent_at, noted_ms, text, state, seen, session,"
                            + " message_id, position, again) values (?, ?, 0, ?, ?, ?, " + DeliveryState.AT_SERVER.sql()
                            + ", 0, ?, ?, ?, ?)")
                    .param(arrival.chat().value())
                    .param(arrival.author().value())
                    .param(arrival.sentAt().seconds())
                    .param(now.toEpochMilli())
                    .param(arrival.text())
                    .param(session)
                    .param(id == null ? null : id.value())
                    .param(position == null ? null : position.value())
                    .param(position == null ? Repeats.AFTER_BASE_SESSION : 0)
                    .update();
            return messages.find(database.lastRow()).orElseThrow();
        });
    }

    /**
     * Returns whether a message like this came in a session: then a server may be giving it again because it does not
     * know whether it arrived.
     */
    public boolean cameIn(long session, Address chat, ClientId author, PosixTime sentAt, String text) {
        return database.with(jdbc -> jdbc.sql(
                                "select count(*) from message where outgoing = 0 and session = ? and author = ? and chat = ? and sent_at = ? and text = ?")
                        .params(session, author.value(), chat.value(), sentAt.seconds(), text)
                        .query(Long.class)
                        .single()
                > 0);
    }
}
