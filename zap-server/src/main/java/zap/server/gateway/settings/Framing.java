package zap.server.gateway.settings;

/** The two encodings of frames on a connection. */
public enum Framing {
    /** Section 1 of the protocol: full width, as many frames in one write as are due. */
    FULL_WIDTH,
    /** Section 2: short frames, each in a write of its own, with a gap between them. */
    RECV
}
