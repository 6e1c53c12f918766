/**
 * Follows some messages on their way through the server, so that a person can see where the time of one goes: read, commit, deliver,
 * confirm. Off unless an operator asks for it, and then for as many as were asked for.
 *
 * <p>Gateway and mailbox tell what happens ({@link zap.server.tracing.Tracing}, {@link zap.server.tracing.MessageTrace}); it calls nobody,
 * and nobody waits for it. What is told are numbers: no method takes a text, and only {@link zap.server.tracing.Tracing#begin} sees a frame,
 * of which it keeps no more than kind, ids and size.
 *
 * <p>To be touched with care: what is done when it is off, for that is done for every message. Nothing but
 * {@code OpenTelemetryConfiguration} and {@code OpenTelemetryTracing} knows OpenTelemetry, and neither is loaded then. Guarded by
 * {@code OpenTelemetryTracingTest} and {@code TracingIT}.
 */
@NullMarked
package zap.server.tracing;

import org.jspecify.annotations.NullMarked;
