/**
 * Where PostgreSQL comes from: one of the server's own, started and watched here, or one that was given with a URL.
 *
 * <p>The rest of the server knows neither: Spring gets the address as its connection details, and pool, migrations, JPA and
 * metrics configure themselves from there. May be used by the root package and by {@code ops}; uses no other package.
 *
 * <p>To be touched with care: everything here runs around kill -9. What a killed server leaves behind, who may stop which
 * process, and when {@code postmaster.pid} may be removed are written down in docs/adr/0001-embedded-postgresql.md and
 * guarded by {@code OwnPostgresIT} and {@code DatabaseConfigurationIT}.
 */
@NullMarked
package zap.server.database;

import org.jspecify.annotations.NullMarked;
