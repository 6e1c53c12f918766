package zap.shell.store;

import java.time.Instant;
import zap.protocol.ClientId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Progress;

/**
 * The receipts (07, 09) with their positions in the own mailbox, and what they say about messages.
 *
 * <p>A receipt covers a message only if the server accepted the message at an earlier position than the receipt's own
 * (protocol section 3, at). The two are compared when a message is looked up, so a receipt also covers a message whose
 * 35 or 34 came after it. On base sessions, where positions are not known, the mark takes that place: a receipt covers
 * the messages that had been handed over when it came.
 */
public final class Receipts {

    /** The kind of a receipt. The number is what the file keeps. */
    enum ReceiptKind {
        /** A 07. */
        DELIVERED(1),
        /** A 09, which implies that the message was delivered. */
        READ(2);

        /** All kinds, as SQL writes them in a list. */
        static final String ANY = DELIVERED.sql() + ", " + READ.sql();

        private final int number;

        ReceiptKind(int number) {
            this.number = number;
        }

        /** Returns the number that the file keeps, as SQL writes it. */
        String sql() {
            return Integer.toString(number);
        }
    }

    /**
     * The condition under which receipt x, of m's second or later, covers message m.
     *
     * <p>On base sessions a receipt may be about an earlier message with the same or a later second. It covers m then
     * only if the server had dealt with m before it.
     */
    static final String COVERS = """
            case m.streamed when 2 then x.position > m.at
              else x.mark >= m.mark and (x.answered >= m.mark
                or ((m.shared = 0 or x.up_to > m.sent_at) and (m.ahead is null or x.up_to < m.ahead))) end""";

    private static final String FIRST = """
            (select x.noted_ms from receipt x where x.person = r.person and x.kind = %s and x.up_to >= m.sent_at and %s
             order by x.up_to limit 1)""";

    private static final String WHAT_WAS_KNOWN_STAYS = """
            on conflict (message, person) do update set
              delivered_ms = coalesce(delivered_ms, excluded.delivered_ms),
              read_ms = coalesce(read_ms, excluded.read_ms)""";

    private final ProfileDatabase database;

    public Receipts(ProfileDatabase database) {
        this.database = database;
    }

    /**
     * Stores a 07 (read false) or a 09. Where messages share its second, the last receipt gives the time, because the
     * first may have been about a part of them.
     *
     * @param mark the last mark that was handed over before it came
     * @param answered the last mark that the server had answered before it came
     * @param position its position, or a lower bound of it; 0 when none is known
     * @return whether it says anything that was not known
     */
    public boolean note(
            ClientId person, boolean read, PosixTime upTo, long mark, long answered, Position position, Instant now) {
        return database.inTransaction(jdbc -> {
            boolean noted = jdbc.sql("""
                            insert into receipt (person, kind, up_to, mark, noted_ms, position, answered)
                            values (?, ?, ?, ?, ?, ?, ?)
                            on conflict (person, kind, up_to) do update
                              set mark = max(mark, excluded.mark), position = max(position, excluded.position),
                                answered = max(answered, excluded.answered),
                                noted_ms = case when exists (select 1 from message m where m.shared = 1
                                  and m.sent_at = excluded.up_to) then excluded.noted_ms else noted_ms end
                              where excluded.mark > mark or excluded.position > position
                                or excluded.answered > answered""")
                            .params(
                                    person.value(),
                                    (read ? ReceiptKind.READ : ReceiptKind.DELIVERED).number,
                                    upTo.seconds(),
                                    mark,
                                    now.toEpochMilli(),
                                    position.value(),
                                    answered)
                            .update()
                    > 0;
            return noted && (read || !isKnownToHaveRead(person, upTo, mark));
        });
    }

    /** Stores a receipt of an assured session. */
    public boolean note(ClientId person, boolean read, PosixTime upTo, long mark, Position position, Instant now) {
        return note(person, read, upTo, mark, 0, position, now);
    }

    /** Returns whether a read receipt covers this second already: read implies delivered. */
    private boolean isKnownToHaveRead(ClientId person, PosixTime upTo, long mark) {
        return database.with(jdbc ->
                jdbc.sql("select count(*) from receipt where person = ? and kind = ? and up_to >= ? and mark >= ?")
                                .params(person.value(), ReceiptKind.READ.number, upTo.seconds(), mark)
                                .query(Long.class)
                                .single()
                        > 0);
    }

    /** Deletes the receipts beyond a position, which the server has lost. What they have shown stays shown. */
    public void dropBeyond(Position position) {
        dropBeyond(position.value());
    }

    /** Deletes all receipts of the profile's former number. What they have shown stays shown. */
    void dropAll() {
        dropBeyond(-1);
    }

    private void dropBeyond(long position) {
        database.inTransaction(jdbc -> {
            jdbc.sql("""
                            insert into progress (message, person, delivered_ms, read_ms)
                            with recipient (chat, person) as (
                              select chat, person from group_member
                              union all select distinct chat, chat from message
                                where outgoing = 1 and chat not in (select id from chat_group))
                            select number, person, coalesce(delivered, read), read from (
                              select m.number, r.person, %1$s as delivered, %2$s as read
                              from message m join recipient r on r.chat = m.chat and (r.person <> m.author or r.person = m.chat)
                              where m.outgoing = 1 and m.state in %4$s
                                and exists (select 1 from receipt x where x.person = r.person and x.kind in (%5$s)
                                              and x.up_to >= m.sent_at and x.position > ? and %3$s))
                            where true
                            %6$s""".formatted(
                                    FIRST.formatted(ReceiptKind.DELIVERED.sql(), COVERS),
                                    FIRST.formatted(ReceiptKind.READ.sql(), COVERS),
                                    COVERS,
                                    DeliveryState.anyOf(DeliveryState.HANDED, DeliveryState.AT_SERVER),
                                    ReceiptKind.ANY,
                                    WHAT_WAS_KNOWN_STAYS))
                    .param(position)
                    .update();
            return jdbc.sql("delete from receipt where position > ?")
                    .param(position)
                    .update();
        });
    }

    /** Stores what is known of a message's recipient, so that it outlives the receipts that said it. */
    void keep(long message, Progress progress) {
        Instant delivered = progress.delivered();
        if (delivered == null) {
            return;
        }
        Instant read = progress.read();
        database.with(
                jdbc -> jdbc.sql("insert into progress (message, person, delivered_ms, read_ms) values (?, ?, ?, ?) "
                                + WHAT_WAS_KNOWN_STAYS)
                        .param(message)
                        .param(progress.person().value())
                        .param(delivered.toEpochMilli())
                        .param(read == null ? null : read.toEpochMilli())
                        .update());
    }
}
