/**
 * Where PostgreSQL comes from: one of the server's own, started and watched here, or one that was given with a URL.
 *
 * <p>The rest of the server knows neither: Spring gets the address as its connection details, and pool, migrations, JPA and
 * metrics configure themselves from there. May be used by the root package and by {@code ops}; uses no other package.
 *
 * <p>{@code BackupCommand} is a program of its own in the same jar: it copies the data of the server's own PostgreSQL,
 * and puts a copy in its place.
 *
 * <p>To be touched with care: everything here runs around kill -9. What a killed server leaves behind, who may stop
 * which process, and when {@code postmaster.pid} may be removed are written down in
 * docs/adr/0001-embedded-postgresql.md and guarded by {@code OwnPostgresIT} and {@code DatabaseConfigurationIT}.
 * Backups and restores are guarded by {@code BackupCommandIT} and, with a server and its traffic, by {@code BackupIT}.
 */
@NullMarked
package zap.server.database;

import org.jspecify.annotations.NullMarked;
