package zap.server.database;

import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** The names of the files of PostgreSQL's write-ahead log. */
final class WalSegments {

    /**
     * A name has eight hex digits for each of: timeline, the LSN's upper half, the number of the segment in that half.
     */
    private static final long HALF = 1L << 32;

    private WalSegments() {}

    /** Returns the number of an LSN that is written as in 1A/2B3C4D5E. */
    static long lsn(String written) {
        String[] halves = written.split("/", 2);
        return Long.parseLong(halves[0], 16) * HALF + Long.parseLong(halves[1], 16);
    }

    /**
     * Returns the names of the segments from one LSN to another, in order.
     *
     * @param end the first byte that is not needed
     * @param size bytes of a segment, as reported by the server
     */
    static List<String> between(int timeline, long start, long end, long size) {
        long perHalf = HALF / size;
        return LongStream.rangeClosed(start / size, (end - 1) / size)
                .mapToObj(number ->
                        String.format(Locale.ROOT, "%08X%08X%08X", timeline, number / perHalf, number % perHalf))
                .toList();
    }
}
