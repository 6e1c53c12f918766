package zap.shell.store;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Where this profile came from and where it went.
 *
 * <p>A profile that was exported is <i>retired</i>: it keeps what it has, and nothing is added, sent or received until it is reopened.
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

    /** Refuses a change of a retired profile. */
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

    private final Database database;

    public Moves(Database database) {
        this.database = database;
    }

    /** Returns when and into which file the profile was exported; empty while it is in use here. */
    public Optional<Retirement> retirement() {
        return database.with(jdbc -> {
            @Nullable String at = value(jdbc, "retired-at");
            return at == null
                    ? Optional.empty()
                    : Optional.of(new Retirement(instant(at), String.valueOf(value(jdbc, "retired-to"))));
        });
    }

    public boolean isRetired() {
        return retirement().isPresent();
    }

    /**
     * Checks that the profile is in use here. In the transaction of a change it holds for that change, too.
     *
     * @throws RetiredException when it is not
     */
    public void requireInUse() {
        retirement().ifPresent(retirement -> {
            throw new RetiredException(retirement);
        });
    }

    /**
     * Retires the profile, unless it has changed since it was copied: then the change would be lost with it.
     *
     * @param copied the state of the store before the copy
     * @return whether it is retired now
     */
    public boolean retire(Retirement retirement, Database.Version copied) {
        return database.inTransaction(jdbc -> {
            if (!database.version().equals(copied)) {
                return false;
            }
            put(jdbc, "retired-at", text(retirement.at()));
            put(jdbc, "retired-to", retirement.file());
            return true;
        });
    }

    /** Uses a retired profile again. */
    public void reopen() {
        database.with(jdbc -> jdbc.sql("delete from setting where name in ('retired-at', 'retired-to')")
                .update());
    }

    /** Returns where and when the profile was used before; empty when it has always been here. */
    public Optional<Arrival> arrival() {
        return database.with(jdbc -> {
            @Nullable String at = value(jdbc, "imported-at");
            return at == null
                    ? Optional.empty()
                    : Optional.of(new Arrival(
                            instant(at),
                            instant(String.valueOf(value(jdbc, "imported-exported-at"))),
                            String.valueOf(value(jdbc, "imported-profile")),
                            String.valueOf(value(jdbc, "imported-host"))));
        });
    }

    /** Notes where the profile was used before. It is in use here from then on. */
    public void arrived(Arrival arrival) {
        database.inTransaction(jdbc -> {
            reopen();
            put(jdbc, "imported-at", text(arrival.at()));
            put(jdbc, "imported-exported-at", text(arrival.exportedAt()));
            put(jdbc, "imported-profile", arrival.profile());
            put(jdbc, "imported-host", arrival.host());
            return true;
        });
    }

    private static String text(Instant instant) {
        return Long.toString(instant.toEpochMilli());
    }

    private static Instant instant(String text) {
        return Instant.ofEpochMilli(Long.parseLong(text));
    }

    private static @Nullable String value(JdbcClient jdbc, String name) {
        return jdbc.sql("select value from setting where name = ?")
                .param(name)
                .query(String.class)
                .optional()
                .orElse(null);
    }

    private static void put(JdbcClient jdbc, String name, String value) {
        jdbc.sql("insert into setting (name, value) values (?, ?)"
                        + " on conflict (name) do update set value = excluded.value")
                .params(name, value)
                .update();
    }
}
