package zap.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The extent of the frame at the beginning of some bytes, for programs that show frames whatever listener knows them.
 * It is judged by the reader of {@link FrameDecoder}, so both find the same ends and the same faults.
 *
 * @param type null while the code has not come
 * @param fixedEnd the beginning of the text or the members, or the frame's end when it has neither; {@link #NOT_YET}
 *     while that has not come
 * @param end the end at full width; {@link #NOT_YET} while that has not come
 */
public record FrameExtent(@Nullable FrameType type, int fixedEnd, int end) {

    /** The place has not come. */
    public static final int NOT_YET = -1;

    private static final FrameExtent NO_CODE = new FrameExtent(null, NOT_YET, NOT_YET);

    /**
     * Judges every byte that has come, up to the frame's full width.
     *
     * @param limit the end of the bytes that have come; greater than {@code from}
     * @throws MalformedFrameException when no frame begins like this
     */
    public static FrameExtent of(byte[] bytes, int from, int limit) throws MalformedFrameException {
        var reader = new FrameReader(bytes, from, limit, _ -> true);
        boolean whole = reader.judge();
        if (limit - from < FrameType.Field.CODE_WIDTH) {
            return NO_CODE;
        }
        int fixedEnd = reader.fixedEnd() <= limit ? reader.fixedEnd() : NOT_YET;
        return new FrameExtent(reader.type(), fixedEnd, whole ? reader.end() : NOT_YET);
    }

    /**
     * Judges every byte that has come, up to the beginning of the text or the members, as short frames need it.
     *
     * @param limit the end of the bytes that have come; greater than {@code from}
     * @return an extent with an end when the frame has neither text nor members
     * @throws MalformedFrameException when no frame begins like this
     */
    public static FrameExtent ofFixedPart(byte[] bytes, int from, int limit) throws MalformedFrameException {
        var reader = new FrameReader(bytes, from, limit, _ -> true);
        boolean fixed = reader.judgeFixedPart();
        if (limit - from < FrameType.Field.CODE_WIDTH) {
            return NO_CODE;
        }
        if (!fixed) {
            return new FrameExtent(reader.type(), NOT_YET, NOT_YET);
        }
        boolean whole = reader.fixedEnd() == from + reader.type().width();
        return new FrameExtent(reader.type(), reader.fixedEnd(), whole ? reader.fixedEnd() : NOT_YET);
    }
}
