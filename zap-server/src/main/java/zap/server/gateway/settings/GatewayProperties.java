package zap.server.gateway.settings;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * The TCP listeners and the limits of their sessions.
 *
 * @param address the address to listen on; unset: all addresses
 * @param port the main listener's port: frames of full width; -1 switches it off
 * @param recvPort the recv listener's port: short frames, one per recv; -1 switches it off
 * @param tlsPort the TLS listener's port: frames of full width, encrypted; it is open when there is a bundle for it
 * @param tlsBundle the name of the SSL bundle (spring.ssl.bundle.*) with the certificate and the key of the TLS
 *     listener
 * @param backlog maximum number of connections that wait to be accepted
 * @param sendBuffer size of a connection's send buffer (SO_SNDBUF): the most that is under way to a peer that does not
 *     read
 * @param framesPerSecond maximum frames a second from one session; a faster session is read more slowly
 * @param maxConnections maximum number of open connections, if the system allows that many open files; further ones are
 *     closed at once
 * @param maxConnectionsPerAddress maximum number of open connections from one address; those of this machine are not
 *     counted
 * @param silence maximum time without a byte from a new connection, and inside a frame; identification, and each frame,
 *     may take four times as long in all
 * @param slowConsumer maximum time that a write may wait for a peer that does not read
 * @param userTimeout maximum time that sent bytes may stay unacknowledged by the peer's host (TCP_USER_TIMEOUT, on
 *     Linux); a host whose receive window stays closed counts too
 * @param deliveredWhen the event that makes a frame to a base session count as delivered: acknowledged by the
 *     recipient's TCP, or written to its connection
 * @param proxyProtocol the addresses and networks (10.0.0.5, 10.1.0.0/16) of proxies in front of this server: each
 *     connection from there must begin with a header of the PROXY protocol, version 2, which names the client; unset:
 *     no proxy is trusted, and no header is read
 * @param proxiedDeliveredAfter the time for which a connection through such a proxy must stand after a frame to a base
 *     session, so that the frame counts as delivered without a read mark (08): longer than the proxy's TCP keeps
 *     trying, plus a minute
 * @param recvPause the pause after which the bytes received on the recv listener count as a whole frame
 * @param recvGap the minimum time between two frames to a peer of the recv listener
 * @param recvAnswerConnect whether 03 is answered with 04 and the id on the recv listener
 * @param refusalDelay the time from an invalid proof of identity to its refusal: it is constant, so that it does not
 *     reveal which ids exist
 * @param registrationsPerMinute maximum registrations from one address within a minute; those of this machine are not
 *     counted
 * @param drain maximum time that a stopping server goes on delivering mail that is due; before that, among others, the
 *     time over which it closes its sessions one after the other, when it has 100 or more
 */
@Validated
@ConfigurationProperties(prefix = "zap.gateway", ignoreUnknownFields = false)
public record GatewayProperties(
        @Nullable InetAddress address,
        @DefaultValue("7777") @Min(-1) @Max(65_535) int port,
        @DefaultValue("7778") @Min(-1) @Max(65_535) int recvPort,
        @DefaultValue("7779") @Min(0) @Max(65_535) int tlsPort,
        @Nullable String tlsBundle,
        @DefaultValue("1024") @Min(1) @Max(65_535) int backlog,
        @DefaultValue("64KB") DataSize sendBuffer,
        @DefaultValue("10000") @Min(1) @Max(1_000_000) int framesPerSecond,
        @DefaultValue("100000") @Min(1) int maxConnections,
        @DefaultValue("1000") @Min(1) int maxConnectionsPerAddress,

        @DefaultValue("30s") @DurationMin(millis = 100) @DurationMax(hours = 24)
        Duration silence,

        @DefaultValue("1m") @DurationMin(millis = 100) @DurationMax(hours = 24)
        Duration slowConsumer,

        @DefaultValue("1m") @DurationMin(seconds = 1) @DurationMax(hours = 24)
        Duration userTimeout,

        @DefaultValue("acknowledged") DeliveredWhen deliveredWhen,

        @DefaultValue List<AddressRange> proxyProtocol,

        @DefaultValue("20m") @DurationMin(millis = 100) @DurationMax(hours = 24)
        Duration proxiedDeliveredAfter,

        @DefaultValue("100ms") @DurationMin(millis = 1) @DurationMax(seconds = 10)
        Duration recvPause,

        @DefaultValue("120ms") @DurationMin(millis = 0) @DurationMax(seconds = 10)
        Duration recvGap,

        @DefaultValue("true") boolean recvAnswerConnect,

        @DefaultValue("100ms") @DurationMin(millis = 0) @DurationMax(seconds = 10)
        Duration refusalDelay,

        @DefaultValue("600") @Min(1) int registrationsPerMinute,

        @DefaultValue("5s") @DurationMin(millis = 0) @DurationMax(minutes = 10)
        Duration drain) {

    /** The port of a listener that is switched off. */
    public static final int OFF = -1;

    /** Checks that at least one listener is on. */
    public GatewayProperties {
        proxyProtocol = List.copyOf(proxyProtocol);
        tlsBundle = tlsBundle == null || tlsBundle.isBlank() ? null : tlsBundle;
        if (port == OFF && recvPort == OFF && tlsBundle == null) {
            throw new IllegalArgumentException(
                    "zap.gateway.port and zap.gateway.recv-port are -1 and there is no zap.gateway.tls-bundle: nothing is left to"
                            + " listen on");
        }
    }

    /** Returns whether a connection from the address must begin with a header of the PROXY protocol. */
    public boolean isProxy(InetAddress address) {
        // Without a stream, as it is asked for each connection.
        for (AddressRange range : proxyProtocol) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The event that makes a frame to a base session count as delivered. */
    public enum DeliveredWhen {
        /** The recipient's TCP has acknowledged it; where the platform cannot tell, it was written. */
        ACKNOWLEDGED,
        /** It was written to the recipient's connection. */
        WRITTEN
    }
}
