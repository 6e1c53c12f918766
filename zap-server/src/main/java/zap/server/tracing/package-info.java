/**
 * Traces of single messages through the server, which show where the time of a message goes: read, commit, deliver,
 * confirm. Off unless an operator enables it, and then for the share of messages that the operator has set.
 *
 * <p>Gateway and mailbox report events ({@link zap.server.tracing.Tracing}, {@link zap.server.tracing.MessageTrace}).
 * This package calls no other, and no other waits for it. Events carry numbers only: no method takes a text. Only
 * {@link zap.server.tracing.Tracing#begin} sees a frame, of which it keeps kind, ids and size.
 *
 * <p>Change with care: the code that runs when tracing is off, because it runs for every message. Only {@code
 * OpenTelemetryConfiguration} and {@code OpenTelemetryTracing} use OpenTelemetry, and neither is loaded then. Guarded
 * by {@code OpenTelemetryTracingTest} and {@code TracingIT}.
 */
@NullMarked
package zap.server.tracing;

import org.jspecify.annotations.NullMarked;
