package zap.server.wire;

/**
 * Servers with limits other than the defaults. Tests that do not disturb each other share one, because each takes
 * seconds to start.
 */
final class Servers {

    /**
     * Little time for silence, and little room in a mailbox. Some transcripts name the same properties, and so share
     * the server.
     */
    static final String[] IMPATIENT = {"zap.gateway.silence=2s", "zap.mailbox.max-waiting=5"};

    /**
     * On the recv port long gaps and much patience with pieces, so that a busy machine cannot blur either, and no 04;
     * on both ports little time for a reader that does not read.
     */
    static final String[] STRICT = {
        "zap.gateway.recv-pause=1500ms",
        "zap.gateway.recv-gap=400ms",
        "zap.gateway.recv-answer-connect=false",
        "zap.gateway.slow-consumer=1s"
    };

    private Servers() {}
}
