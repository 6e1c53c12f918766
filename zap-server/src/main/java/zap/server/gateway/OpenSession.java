package zap.server.gateway;

import java.time.Duration;

/**
 * A session, for operators.
 *
 * @param number the session's number in the log
 * @param listener the listener that accepted it: main, recv or tls
 * @param peer the peer's address and port
 * @param openFor how long it has been open
 * @param assured whether it speaks the assured protocol
 * @param refusals how many of its frames were refused
 */
public record OpenSession(
        long number, String listener, String peer, Duration openFor, boolean assured, long refusals) {}
