package zap.bench.traffic;

/** Sends one prepared message again and again, each time with other numbers in its text. */
public interface Letter {

    /**
     * Sends it, or lets it wait in memory where the connection takes no more.
     *
     * @param sequence its number in the flow, from 1 on
     * @param nanos the moment, as {@link System#nanoTime} counts, that its latency is measured from
     */
    void send(long sequence, long nanos);
}
