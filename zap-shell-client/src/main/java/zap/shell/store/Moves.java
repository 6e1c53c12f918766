package zap.shell.store;

import java.time.Instant;
import java.util.Optional;

/**
 * The record of where this profile came from and where it went.
 *
 * <p>An exported profile is <i>retired</i>: it keeps its content, and nothing is added, sent or received until it is
 * reopened.
 */
public final class Moves {

    /**
     * The end of a profile's use here.
     *
     * @param file that the profile was exported into
     */
    public record Retirement(Instant at, String file) {}

    /**
     * The beginning of a profile's use here, when it was used elsewhere before.
     *
     * @param exportedAt when it was retired there
     * @param profile its name there
     * @param host the other computer's name
     */
    public record Arrival(Instant at, Instant exportedAt, String profile, String host) {}

    /** Thrown when a retired profile is to be changed. */
    public static final class RetiredException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Retirement retirement;

        RetiredException(Retirement retirement) {
            super("the profile is retired", null, false, false);
            this.retirement = retirement;
        }

        /** Returns when the profile was retired, and into which file. */
        public Retirement retirement() {
            return retirement;
        }
    }

    private final ProfileDatabase database;
    private final ProfileSettings settings;

    public Moves(ProfileDatabase database) {
        this.database = database;
        this.settings = new ProfileSettings(database);
    }

    /** Returns when and into which file the profile was exported; empty while it is in use here. */
    public Optional<Retirement> retirement() {
        return settings.get("retired-at").map(at -> new Retirement(instant(at), noted("retired-to")));
    }

    public boolean isRetired() {
        return retirement().isPresent();
    }

    /**
     * Checks that the profile is in use here. Inside a transaction, that holds until the transaction ends.
     *
     * @throws RetiredException when it is retired
     */
    public void requireInUse() {
        retirement().ifPresent(retirement -> {
            throw new RetiredException(retirement);
        });
    }

    /**
     * Retires the profile, unless it has changed since it was copied: the change would be lost.
     *
     * @param copied the state of the store before the copy
     * @return whether it is retired now
     */
    public boolean retire(Retirement retirement, ProfileDatabase.Version copied) {
        return database.inTransaction(jdbc -> {
            if (!database.version().equals(copied)) {
                return false;
            }
            settings.put("retired-at", text(retirement.at()));
            settings.put("retired-to", retirement.file());
            return true;
        });
    }

    /** Uses a retired profile again. */
    public void reopen() {
        database.inTransaction(jdbc -> {
            settings.put("retired-at", null);
            settings.put("retired-to", null);
            return true;
        });
    }

    /** Returns where and when the profile was used before; empty when it has always been here. */
    public Optional<Arrival> arrival() {
        return settings.get("imported-at")
                .map(at -> new Arrival(
                        instant(at),
                        instant(noted("imported-exported-at")),
                        noted("imported-profile"),
                        noted("imported-host")));
    }

    /** Stores where the profile was used before. It is in use here from then on. */
    public void arrived(Arrival arrival) {
        database.inTransaction(jdbc -> {
            reopen();
            settings.put("imported-at", text(arrival.at()));
            settings.put("imported-exported-at", text(arrival.exportedAt()));
            settings.put("imported-profile", arrival.profile());
            settings.put("imported-host", arrival.host());
            return true;
        });
    }

    /** Returns a setting that belongs to a moment; "?" when another process has just deleted it. */
    private String noted(String name) {
        return settings.get(name).orElse("?");
    }

    private static String text(Instant instant) {
        return Long.toString(instant.toEpochMilli());
    }

    private static Instant instant(String text) {
        return Instant.ofEpochMilli(Long.parseLong(text));
    }
}
