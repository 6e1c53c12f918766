package zap.shell.move;

import java.time.Instant;
import zap.protocol.ClientId;

/**
 * The origin of an exported profile.
 *
 * @param number of the exported profile
 * @param server where it is registered, as {@code ProfileSettings.Server.uri} writes it
 * @param schema of the store
 * @param exportedAt the time when the export began
 * @param profile the profile's name there
 * @param host the computer's name
 */
public record ProfileOrigin(
        ClientId number, String server, int schema, Instant exportedAt, String profile, String host) {}
