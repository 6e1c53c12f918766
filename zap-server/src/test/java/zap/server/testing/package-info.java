/**
 * The foundation of the tests of the whole server: a real PostgreSQL, the real server in this JVM, peers that are
 * plain sockets, and stories of the wire ({@link zap.protocol.transcript.Transcript}). A test uses a server that it
 * shares with others ({@link zap.server.testing.ZapServerTest}), or starts one of its own ({@link
 * zap.server.testing.RunningServer}).
 *
 * <p>Frames are put together by hand here ({@link zap.server.testing.FrameText}) and not by the codec, so that a
 * mistake that the codec makes in both directions is found.
 */
package zap.server.testing;
