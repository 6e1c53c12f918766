package zap.watch;

import org.jspecify.annotations.Nullable;

/**
 * One thing to show.
 *
 * @param micros since 1970
 * @param connection its number; 0 for the proxy itself
 * @param from the side from which it comes; null where there is none
 */
record Sighting(long micros, int connection, @Nullable Side from, Seen what) {

    /** The kinds of things to show. */
    sealed interface Seen {

        /** Something was taken off the bytes of one direction. */
        record Found(Finding finding) implements Seen {}

        /** A connection came, ended or failed. */
        record Happened(WireEvent event) implements Seen {}

        /** A connection is over; the counts are those of frames and bytes in each direction. */
        record Over(long clientFrames, long clientBytes, long serverFrames, long serverBytes) implements Seen {}
    }
}
