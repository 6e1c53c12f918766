/**
 * The source of PostgreSQL: the server's own one, started and watched here, or an external one that is given with a
 * URL, or with a bean of Spring Boot's type {@code JdbcConnectionDetails}.
 *
 * <p>The rest of the server does not depend on which one it is: Spring gets the address as its connection details, and
 * pool, migrations, JPA and metrics configure themselves from there. May be used by the root package, {@code ops} and
 * {@code cluster}; uses no other package. {@code PostgresPair}, a primary with its standby, is for {@code trial}.
 *
 * <p>{@code PrimaryConnections} opens all connections of the pool to an external one: only to its primary, and never to
 * an old primary that has come back after a failover. {@code Replication} says what a failover would lose. Guarded by
 * {@code TimelinesTest} and, with a standby that takes over under load, by {@code FailoverIT}.
 *
 * <p>{@code DowngradeCheck} changes the tables at the start, and {@code SchemaAgreement} keeps servers of different
 * versions from using tables that they do not know. Guarded by {@code UpgradeIT}, {@code SchemaAgreementIT} and {@code
 * CompatibleMigrationsIT}.
 *
 * <p>{@code BackupCommand} is a program of its own in the same jar: it copies the data of the server's own PostgreSQL,
 * and puts a copy in its place.
 *
 * <p>Change with care: everything here must survive kill -9. The remains of a killed server, the processes that may be
 * stopped, and the moment when {@code postmaster.pid} may be removed are described in
 * docs/adr/0001-embedded-postgresql.md and guarded by {@code OwnPostgresIT} and {@code DatabaseConfigurationIT}.
 * Backups and restores are guarded by {@code BackupCommandIT} and, with a server and its traffic, by {@code BackupIT}.
 */
@NullMarked
package zap.server.database;

import org.jspecify.annotations.NullMarked;
