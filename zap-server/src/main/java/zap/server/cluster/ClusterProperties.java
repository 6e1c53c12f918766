package zap.server.cluster;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The settings of servers that share a database.
 *
 * @param heartbeat interval between two signs of life of this server in the database
 * @param goneAfter time without a sign of life after which a server counts as gone; a server that cannot reach the
 *     database for so long closes its sessions, if there are other servers, so that its clients go to one of them
 * @param lookEvery interval between two looks for mail that other servers have stored for the clients of this one,
 *     and for requests of operators at other servers (at least every 500 ms), while there are others
 * @param tellEvery minimum interval between two notices to another server about mail for its clients; one notice
 *     stands for all mail since the one before
 * @param address HOST or HOST:PORT at which other servers reach this one, to hand mail over; if this machine does not
 *     have that address, as behind NAT, the server listens on all that it has; unset: the address from which the
 *     database is reached
 * @param port the port on which this server takes mail from others, if they connect to another one; 0: the port in
 *     zap.cluster.address, or any port that is free if there is none
 */
@Validated
@ConfigurationProperties(prefix = "zap.cluster", ignoreUnknownFields = false)
public record ClusterProperties(
        @DefaultValue("1s") @DurationMin(millis = 50) @DurationMax(minutes = 1)
        Duration heartbeat,

        @DefaultValue("10s") @DurationMin(millis = 100) @DurationMax(minutes = 10)
        Duration goneAfter,

        @DefaultValue("500ms") @DurationMin(millis = 10) @DurationMax(minutes = 1)
        Duration lookEvery,

        @DefaultValue("5ms") @DurationMin(millis = 1) @DurationMax(minutes = 1)
        Duration tellEvery,

        @Nullable
        @Pattern(
                regexp = "(\\[[0-9A-Fa-f:.]+]|[^:\\[\\]\\s]+)(:[0-9]{1,5})?",
                message = "must be a host name or address, with a port or without: HOST[:PORT]")
        String address,

        @DefaultValue("0") @Min(0) @Max(MAX_PORT) int port) {

    private static final int MAX_PORT = 65_535;

    /** Returns the host in the address; null for none. */
    @Nullable
    String linkHost() {
        return address == null ? null : address.replaceFirst(":[0-9]+$", "").replaceAll("[\\[\\]]", "");
    }

    /** Returns the port to listen on; 0 for any that is free. */
    int portToOpen() {
        return port == 0 ? portInAddress() : port;
    }

    /** Returns the port that other servers connect to, when this one listens on the given port. */
    int portToTell(int opened) {
        return portInAddress() == 0 ? opened : portInAddress();
    }

    /** Returns the port in the address; 0 for none. */
    private int portInAddress() {
        return address == null || !address.matches(".*:[0-9]+")
                ? 0
                : Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    @AssertTrue(message = "must have a port from 0 to 65535")
    boolean isAddressWithValidPort() {
        return portInAddress() <= MAX_PORT;
    }

    @AssertTrue(message = "must be at least twice as long as zap.cluster.heartbeat")
    boolean isGoneAfterLongEnough() {
        return goneAfter.compareTo(heartbeat.multipliedBy(2)) >= 0;
    }
}
