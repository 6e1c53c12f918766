package zap.watch;

/** The two ways to send a text or members. */
enum FrameWidths {
    /** Padded to the full width. */
    FULL("full"),
    /** Without padding: a pause, a line break or the next frame ends them. */
    SHORT("recv"),
    /** Not known yet: the first text or members will show. */
    UNKNOWN("auto");

    private final String key;

    FrameWidths(String key) {
        this.key = key;
    }

    /** Returns its name on the command line. */
    String key() {
        return key;
    }
}
