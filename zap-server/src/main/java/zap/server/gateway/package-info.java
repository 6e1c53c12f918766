/**
 * The TCP edge. This package opens it, closes it, and describes it to operators; the packages below do the work.
 *
 * <p>Called by {@code ops}, for health, the start message and the admin commands. No other package of the server may
 * use the packages below this one. A frame goes from {@code tcp} to {@code session} and from there to the services;
 * everything that is written to a peer goes through {@code outbox}.
 *
 * <p>To be touched with care: the order in which {@link zap.server.gateway.Gateway} stops. Guarded by {@code StopTest}
 * and {@code StoppingIT}; the walls between the packages by {@code ModulesTest}.
 */
@NullMarked
package zap.server.gateway;

import org.jspecify.annotations.NullMarked;
