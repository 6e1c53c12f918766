package zap.shell.move;

import java.time.Instant;
import zap.protocol.ClientId;

/**
 * What a file of {@code profile export} holds, and where it comes from.
 *
 * @param number of the exported profile
 * @param server where it is registered, as {@code ProfileSettings.Server.uri} writes it
 * @param schema of the store
 * @param exportedAt when the export began
 * @param profile the profile's name there
 * @param host the computer's name
 */
public record ProfileOrigin(
        ClientId number, String server, int schema, Instant exportedAt, String profile, String host) {}
