package zap.server.gateway.settings;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.InetAddress;
import java.time.Duration;
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
 * @param address the address to listen on; all of them when it is not set
 * @param port the main listener's port: frames of full width; -1 switches it off
 * @param recvPort the recv listener's port: short frames, one recv each; -1 switches it off
 * @param tlsPort the TLS listener's port: frames of full width, encrypted; it listens when there is a bundle for it
 * @param tlsBundle the name of the SSL bundle (spring.ssl.bundle.*) with the certificate and the key of the TLS listener
 * @param backlog how many connections may wait to be accepted
 * @param sendBuffer how much a connection may have under way to a peer that does not read (SO_SNDBUF)
 * @param framesPerSecond how many frames a session may send in a second; whoever is faster is read more slowly
 * @param maxConnections how many connections may be open at the same time, if the system allows so many open files; more are closed
 *     at once
 * @param maxConnectionsPerAddress how many of them may come from one address; this machine's own are not counted
 * @param silence how long a new connection may say nothing, and how long any connection may stop inside a frame; in all, however much
 *     comes now and then, it may take four times as long to say who it is, and to send a frame
 * @param slowConsumer how long a peer may not read anything of what it is sent
 * @param userTimeout how long a peer's host may not acknowledge what it is sent (TCP_USER_TIMEOUT, on Linux); one that lets nothing more
 *     come counts too
 * @param deliveredWhen when a frame to a base session counts as delivered: acknowledged by the recipient's TCP, or written to its connection
 * @param recvPause the pause after which what has come on the recv listener counts as a whole frame
 * @param recvGap the time between two frames to a peer of the recv listener
 * @param recvAnswerConnect whether 03 is answered with 04 and the id on the recv listener
 * @param refusalDelay how long it takes until somebody hears that a proof of identity does not hold, from when it came: so that the time tells
 *     nothing about who exists
 * @param registrationsPerMinute how many may register from one address within a minute; this machine's own are not counted
 * @param drain how long a stopping server goes on giving out mail that is due
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

    /** Somewhere it must listen, or nobody would ever come. */
    public GatewayProperties {
        tlsBundle = tlsBundle == null || tlsBundle.isBlank() ? null : tlsBundle;
        if (port == OFF && recvPort == OFF && tlsBundle == null) {
            throw new IllegalArgumentException(
                    "zap.gateway.port and zap.gateway.recv-port are -1 and there is no zap.gateway.tls-bundle: nothing is left to"
                            + " listen on");
        }
    }

    /** When a frame to a base session counts as delivered. */
    public enum DeliveredWhen {
        /** When the recipient's TCP has acknowledged it; where the platform cannot tell, when it was written. */
        ACKNOWLEDGED,
        /** When it was written to the recipient's connection. */
        WRITTEN
    }
}
