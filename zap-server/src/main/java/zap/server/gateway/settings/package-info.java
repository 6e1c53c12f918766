/**
 * Settings, limits and metrics that all packages of the gateway share.
 *
 * <p>Called by all of them; it calls none of them.
 *
 * <p>To be touched with care: the {@code @param}s of {@link zap.server.gateway.settings.GatewayProperties} are the
 * public page docs/configuration.md, and operators' dashboards use the names of the meters. Guarded by {@code
 * ConfigurationPageTest}, {@code PropertiesTest} and {@code MonitoringTest}.
 */
@NullMarked
package zap.server.gateway.settings;

import org.jspecify.annotations.NullMarked;
