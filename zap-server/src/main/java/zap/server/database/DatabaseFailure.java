package zap.server.database;

import java.sql.SQLException;
import java.util.Locale;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * An error of an external PostgreSQL as one sentence with advice. The sentence has PostgreSQL's own words; its error
 * code decides the advice.
 */
final class DatabaseFailure {

    /** The reference to the full description. */
    static final String PAGE = " More: docs/runbook.md, \"A PostgreSQL of your own\".";

    /** The reference to what concerns standbys. */
    static final String FAILOVER_PAGE = " More: docs/runbook.md, \"When the database's machine dies\".";

    static final String GRANTS =
            "As its administrator: alter database NAME owner to ROLE, or, connected to that database,"
                    + " grant usage, create on schema public to ROLE." + PAGE;

    static final String POOLED =
            "Add ?prepareThreshold=0 to zap.database.url, let the pool keep a connection for a session"
                    + " (PgBouncer: pool_mode = session), or name PostgreSQL itself." + PAGE;

    private static final String PASSWORD =
            "Check zap.database.user and zap.database.password (ZAP_DATABASE_USER, ZAP_DATABASE_PASSWORD)." + PAGE;

    private DatabaseFailure() {}

    /**
     * Returns the failure to show to the operator.
     *
     * @param database the description of the database, without secrets
     * @param secret a text that must not be shown, wherever it occurs; null for none
     */
    static CannotUseDatabaseException of(String database, @Nullable String secret, SQLException e) {
        String said = firstLine(e);
        if (secret != null && !secret.isEmpty()) {
            said = said.replace(secret, "…");
        }
        return new CannotUseDatabaseException(
                "The PostgreSQL of zap.database.url (" + database + ") cannot be used: " + said, advice(e));
    }

    /** Returns the failure of a migration to show to the operator. */
    static CannotUseDatabaseException of(ExternalDatabase database, FlywayException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return of(database.described(), database.getPassword(), sql);
            }
        }
        return new CannotUseDatabaseException(
                "The tables of zap in " + database.described() + " cannot be migrated: " + firstLine(e),
                "Give zap a database of its own, or restore its backup." + PAGE);
    }

    /** Returns the first line. The others name places in PostgreSQL's sources, or a statement of ours. */
    private static String firstLine(Exception e) {
        String message = String.valueOf(e.getMessage());
        return message.lines().findFirst().orElse(message).strip();
    }

    private static String advice(SQLException e) {
        if (e instanceof OldPrimaryException old) {
            return old.advice() + FAILOVER_PAGE;
        }
        String state = String.valueOf(e.getSQLState());
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return switch (state) {
            case "28P01" -> PASSWORD;
            case "28000" ->
                "The role must exist and have LOGIN, and pg_hba.conf must let it in from this machine." + PAGE;
            case "3D000" -> "As its administrator: create database NAME owner ROLE." + PAGE;
            case "42501" -> GRANTS;
            case "25006" ->
                "zap writes: name the primary server (or all: //ONE,OTHER/NAME), and a database and a role without"
                        + " default_transaction_read_only." + PAGE;
            case "26000", "42P05" -> POOLED;
            case "53300" ->
                "zap opens up to 8 connections (spring.datasource.hikari.maximum-pool-size): raise max_connections there,"
                        + " or the connection limit of the role or the database." + PAGE;
            case "57P03" -> "It is starting, stopping or recovering: start zap when it accepts connections." + PAGE;
            default -> {
                if (message.contains("targetservertype")) {
                    yield "None of the hosts is a primary that accepts connections: start the primary, or promote a standby."
                            + FAILOVER_PAGE;
                }
                if (message.contains("password")) {
                    yield PASSWORD; // there is none, or an empty one, and the driver rejects it before PostgreSQL does
                }
                if (message.contains("startup parameter")) {
                    yield "PgBouncer: ignore_startup_parameters = extra_float_digits." + PAGE;
                }
                if (message.contains("ssl")) {
                    yield "sslmode in zap.database.url sets whether the connection is encrypted and what is checked: the server must"
                            + " use TLS (ssl = on), and sslrootcert must name the authority that signed its certificate."
                            + PAGE;
                }
                yield state.startsWith("08")
                        ? "Start that PostgreSQL, or correct host and port in zap.database.url (ZAP_DATABASE_URL); a firewall may be in"
                                + " between." + PAGE
                        : "The log of that PostgreSQL says more." + PAGE;
            }
        };
    }
}
