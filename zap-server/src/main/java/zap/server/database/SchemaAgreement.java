package zap.server.database;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The agreement between servers of different versions on one database. A server does not join while another one changes
 * the tables, and not when they have been changed in a way that it does not know. The server that changes them looks
 * under the same lock which others there are ({@link DowngradeCheck}).
 */
@Component
public class SchemaAgreement {

    /** The key of the lock: any number that no other program uses. */
    private static final long KEY = 7_777_000_014L;

    /** Waits until no other server changes the tables, or joins, until the end of the transaction. */
    static final String CHANGE = "select pg_advisory_xact_lock(" + KEY + ")";

    private static final String JOIN = "select pg_advisory_xact_lock_shared(" + KEY + ")";

    private static final String NEWER =
            "select script from flyway_schema_history where success and version::int > :known order by version::int";

    private final JdbcClient jdbc;
    private final DatabaseProperties properties;
    private final TransactionTemplate transactions;
    private final int newestKnown = Schema.newestKnown();

    SchemaAgreement(JdbcClient jdbc, DatabaseProperties properties, PlatformTransactionManager transactionManager) {
        this.jdbc = jdbc;
        this.properties = properties;
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /** Returns the number of the newest migration that this server knows. */
    public int newestKnown() {
        return newestKnown;
    }

    /**
     * Runs an action that makes this server visible to others, in a transaction.
     *
     * @throws CannotUseDatabaseException when a newer server has changed the tables meanwhile, and this version does
     *     not work with them; the action has not run
     */
    public <T> T join(Supplier<T> action) {
        return Objects.requireNonNull(transactions.execute(_ -> {
            jdbc.sql(JOIN).query((_, _) -> 0).list();
            List<String> incompatible = incompatible();
            if (!incompatible.isEmpty() && !properties.acceptNewer()) {
                throw tooOld(incompatible, newestKnown);
            }
            return action.get();
        }));
    }

    /** Returns the failure of a server that does not work with the tables as they are. */
    static CannotUseDatabaseException tooOld(List<String> incompatible, int newestKnown) {
        return new CannotUseDatabaseException(
                "A newer zap has changed this database (%s), and this version, which knows the tables up to V%s, cannot know what the changes mean."
                        .formatted(String.join(", ", incompatible), newestKnown),
                "Start the newer zap, or restore the backup from before its first start. If you have checked its changes, and they"
                        + " only added things that this version does not need: --zap.database.accept-newer=true");
    }

    private List<String> incompatible() {
        return jdbc.sql(NEWER).param("known", newestKnown).query((row, _) -> row.getString(1)).list().stream()
                .filter(script -> !Migration.isCompatible(script, newestKnown))
                .toList();
    }
}
