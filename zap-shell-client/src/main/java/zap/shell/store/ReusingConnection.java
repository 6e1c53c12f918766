package zap.shell.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Properties;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.DB;
import org.sqlite.jdbc4.JDBC4Connection;
import org.sqlite.jdbc4.JDBC4PreparedStatement;

/**
 * A connection to an SQLite file that keeps its prepared statements.
 *
 * <p>A session runs the same few dozen statements for every frame, and preparing one takes longer than running it.
 * Before statements were kept, that was a third of the processor time of {@code SchedulesIT}, its server included.
 *
 * <p>Not thread-safe: {@link ProfileDatabase} lets one thread at a time use it.
 */
final class ReusingConnection extends JDBC4Connection {

    /** Maximum number of statements that wait for their next use. The store has fewer different ones. */
    static final int KEPT_STATEMENTS = 256;

    /** The statements that are not in use, the one that was used last at the end. */
    private final SequencedMap<String, ReusedStatement> idle = new LinkedHashMap<>();

    /** @param url with the options that the driver is to use, as {@code SQLiteConfig} returns them */
    ReusingConnection(String url, Properties options) throws SQLException {
        super(url, url.substring(ProfileDatabase.URL.length()), options);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        checkCursor(type, concurrency, holdability);
        @Nullable ReusedStatement kept = idle.remove(sql);
        return kept != null ? kept : new ReusedStatement(this, sql);
    }

    private void keep(ReusedStatement statement) throws SQLException {
        @Nullable ReusedStatement same = idle.put(statement.text, statement);
        if (same != null) {
            // It was in use twice at the same time.
            same.finish();
        }
        if (idle.size() > KEPT_STATEMENTS) {
            idle.pollFirstEntry().getValue().finish();
        }
    }

    /** Returns how many statements wait for their next use. */
    int keptStatements() {
        return idle.size();
    }

    /** A statement that its connection gets back when its user closes it. */
    private static final class ReusedStatement extends JDBC4PreparedStatement {

        private final ReusingConnection owner;
        private final String text;

        ReusedStatement(ReusingConnection owner, String text) throws SQLException {
            super(owner, text);
            this.owner = owner;
            this.text = text;
        }

        /**
         * Ends the statement's use. A statement that has failed is not kept: the driver has finalized it, or its state
         * is not known.
         */
        @Override
        public void close() throws SQLException {
            if (isClosed()) {
                return;
            }
            if (owner.isClosed() || pointer.isClosed() || !isReset()) {
                finish();
            } else {
                owner.keep(this);
            }
        }

        void finish() throws SQLException {
            super.close();
        }

        /** Makes the statement as it was when it was prepared, and returns whether that succeeded. */
        private boolean isReset() throws SQLException {
            clearGeneratedKeys();
            rs.close();
            clearBatch();
            return pointer.safeRunInt(DB::reset) == 0 && pointer.safeRunInt(DB::clear_bindings) == 0;
        }
    }
}
