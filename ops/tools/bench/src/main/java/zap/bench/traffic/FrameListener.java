package zap.bench.traffic;

/** Hears what a messenger's users hear. It is called by the messenger's threads, and must not block. */
public interface FrameListener {

    /** A message came. The bytes are the messenger's own, and are good only during the call. */
    void received(User user, byte[] bytes, int from, int length);

    /**
     * So many of the messages that this user has sent are stored, counted from its first one.
     *
     * @param messages cumulative, and it may say the same number twice
     */
    void accepted(User user, long messages);

    /** The other side closed, or said no: something that does not belong into a measurement. */
    void failed(User user, String why);
}
