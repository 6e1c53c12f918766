package zap.shell.store;

import static zap.shell.store.Messages.DeliveryState.HANDED;
import static zap.shell.store.Messages.DeliveryState.UNSURE;
import static zap.shell.store.Messages.DeliveryState.WAITING;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityKey;
import zap.shell.store.HistoryEvents.Kind;

/**
 * Gives the store another number, because the server does not accept the present one.
 *
 * <p>Contacts, groups, messages and what is known of them stay. Everything that belongs to the old number's history at
 * the server starts over: the stream, the mailbox, receipts and read marks.
 *
 * <p>Messages that were handed over under the old number, and are not known to be at the server, become unsure.
 * Messages that no connection has seen go out under the new number. Groups know only the old number, so each of them is
 * asked for again when the user next writes to it (see {@link GroupSuccession}).
 */
public final class NumberChange {

    /** A mark beyond all others: no receipt that comes now covers a message of the old number. */
    private static final long NEVER = Long.MAX_VALUE;

    private final ProfileDatabase database;
    private final ProfileSettings settings;

    public NumberChange(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /**
     * Changes to the new number, as a whole or not at all.
     *
     * @param key proves the new number; empty when the server knows no keys
     * @param stream the new number's stream, which the server has been told
     */
    public void become(
            ProfileSettings.Server at, ClientId fresh, Optional<IdentityKey> key, StreamId stream, Instant now) {
        database.inTransaction(jdbc -> {
            ClientId old = settings.self().orElseThrow();
            new HistoryEvents(database).add(Kind.NEW_NUMBER, old.value(), now);
            closeMessages(old, fresh);
            new NumberedFrames(database).beginFor(stream);
            new MailboxDigests(database).beginAgain();
            settings.withoutHole();
            settings.identity(at, fresh, key);
            leaveGroups(fresh, now);
            return true;
        });
    }

    private void closeMessages(ClientId old, ClientId fresh) {
        new Receipts(database).dropAll();
        database.with(jdbc -> {
            // The server may have it. Sent again without being asked, it could arrive twice, from two numbers.
            jdbc.sql("update message set state = " + UNSURE.sql() + " where outgoing = 1 and (state = " + HANDED.sql()
                            + " or (state = " + WAITING.sql() + " and streamed > 0))")
                    .update();
            jdbc.sql("update message set streamed = 0, at = null, mark = ? where outgoing = 1 and state <> "
                            + WAITING.sql())
                    .param(NEVER)
                    .update();
            jdbc.sql("update message set author = ? where " + WAITING.ofOutgoing())
                    .param(fresh.value())
                    .update();
            // Notes to oneself.
            jdbc.sql("update message set chat = ? where " + WAITING.ofOutgoing() + " and chat = ?")
                    .params(fresh.value(), old.value())
                    .update();
            jdbc.sql("update message set again = 0, position = null where outgoing = 0")
                    .update();
            // The new number cannot acknowledge what was written to the old one.
            return jdbc.sql("delete from read_mark").update();
        });
    }

    private void leaveGroups(ClientId fresh, Instant now) {
        List<Address> awaited = database.with(jdbc -> {
            jdbc.sql("delete from pending_group where state <> " + WAITING.sql() + " or predecessor is not null")
                    .update();
            jdbc.sql("update chat_group set lost = 1 where successor is null").update();
            return jdbc.sql("select distinct chat from message where " + WAITING.ofOutgoing()
                            + " and chat in (select id from chat_group)")
                    .query((row, n) -> new Address(row.getLong(1)))
                    .list();
        });
        var succession = new GroupSuccession(database);
        awaited.forEach(group -> succession.requestAgain(group, fresh, PosixTime.of(now)));
    }
}
