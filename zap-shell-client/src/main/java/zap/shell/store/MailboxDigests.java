package zap.shell.store;

import java.util.Optional;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;

/**
 * The digests of the own mailbox (protocol section 3, digest). A digest names the history that a position belongs to.
 *
 * <p>The transaction that stores an entry also stores its position and digest.
 */
public final class MailboxDigests {

    /** The number of positions whose digests are kept. */
    public static final int KEPT = 10_000;

    private static final String WITHOUT_DIGESTS = "mailbox-without-digests";

    private final ProfileDatabase database;
    private final ProfileSettings settings;

    public MailboxDigests(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /** Returns the digest at a position; empty when it was never known or is not kept any more. */
    public Optional<HistoryDigest> at(Position position) {
        if (position.value() == 0) {
            return Optional.of(HistoryDigest.EMPTY);
        }
        return database.with(jdbc -> jdbc.sql("select digest from mailbox_digest where position = ?")
                .param(position.value())
                .query((row, n) -> new HistoryDigest(row.getInt(1)))
                .optional());
    }

    /**
     * Returns whether the store has mail from before there were digests, and has not adopted the server's digest yet.
     */
    public boolean isMissing() {
        return settings.count(WITHOUT_DIGESTS) > 0;
    }

    /** Stores the digest after one more entry, and its position. */
    public void add(Position position, HistoryDigest digest) {
        database.inTransaction(jdbc -> {
            settings.position(position);
            put(position, digest);
            return jdbc.sql("delete from mailbox_digest where position <= ?")
                    .param(position.value() - KEPT)
                    .update();
        });
    }

    /** Adopts the position at which the server goes on, and drops the digests beyond it. */
    public void takeOver(Position position, HistoryDigest digest) {
        database.inTransaction(jdbc -> {
            settings.position(position);
            settings.count(WITHOUT_DIGESTS, 0);
            jdbc.sql("delete from mailbox_digest where position > ?")
                    .param(position.value())
                    .update();
            put(position, digest);
            return true;
        });
    }

    /** Starts over with the empty mailbox of another number. */
    void beginAgain() {
        database.inTransaction(jdbc -> {
            settings.position(new Position(0));
            settings.count(WITHOUT_DIGESTS, 0);
            return jdbc.sql("delete from mailbox_digest").update();
        });
    }

    private void put(Position position, HistoryDigest digest) {
        if (position.value() == 0) {
            return;
        }
        database.with(jdbc -> jdbc.sql("insert into mailbox_digest (position, digest) values (?, ?)"
                        + " on conflict (position) do update set digest = excluded.digest")
                .params(position.value(), digest.value())
                .update());
    }
}
