package zap.server.gateway;

import java.time.Duration;

/**
 * A session, for operators.
 *
 * @param number what its lines in the log can be found by
 * @param listener the port it came in through: main, recv or tls
 * @param peer the other end's address and port
 * @param openFor since how long
 * @param assured whether it speaks the assured protocol
 * @param refusals how often it was refused something
 */
public record OpenSession(
        long number, String listener, String peer, Duration openFor, boolean assured, long refusals) {}
