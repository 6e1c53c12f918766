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
 * Gives a store that has a number another one, because the server does not accept the first.
 *
 * <p>Contacts, groups, messages and what is known of them stay. Everything that stands for a place in the old number's history at the server
 * begins anew: the stream, the mailbox, receipts and read marks. What was handed over under the old number, and is not known to be at the
 * server, is in doubt. What no connection has seen goes out under the new number. Groups know the old number alone, so each of them is
 * asked for again when its person next writes to it (see {@link GroupSuccession}).
 */
public final class NumberChange {

    /** A count that no receipt and no mark has: a message of the old number is covered by none that comes now. */
    private static final long NEVER = Long.MAX_VALUE;

    private final ProfileDatabase database;
    private final ProfileSettings settings;

    public NumberChange(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /**
     * Becomes the new number, as a whole or not at all.
     *
     * @param key what proves it; empty when the server knows no keys
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
            // Nobody knows whether the server had it: sent again by itself, it could arrive twice, from two numbers.
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
            // What others wrote to the old number cannot be acknowledged by the new one.
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
        awaited.forEach(group -> succession.wish(group, fresh, PosixTime.of(now)));
    }
}
