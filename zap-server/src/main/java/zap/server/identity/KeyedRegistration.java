package zap.server.identity;

import zap.protocol.PublicKeyBytes;
import zap.protocol.StreamId;

/**
 * The data of a registration in an assured session (protocol section 3, register key).
 *
 * @param key proves the identity from then on
 * @param stream the stream that the client sends from
 */
public record KeyedRegistration(PublicKeyBytes key, StreamId stream) {}
