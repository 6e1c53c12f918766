package zap.watch;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameExtent;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Kind;
import zap.protocol.FrameType.Wire;
import zap.protocol.MalformedFrameException;
import zap.protocol.MalformedFrameException.Fault;

/**
 * Takes frames off the bytes of one direction of a connection. The codec of zap judges them; the ends of short texts
 * and members are found as {@code docs/protocol.md} describes them.
 *
 * <p>Behind a fault the boundaries are lost. Bytes are then passed over up to the next pause or line break, and frames
 * are looked for again from there. It holds at most one frame and one chunk, and knows no clock: its caller says when
 * there was a pause.
 */
final class FlowDecoder {

    /** Bytes of a fault that are kept to be shown. */
    private static final int MAX_SHOWN_BYTES = 512;

    /** Maximum length of what the patterns below match. */
    private static final int MAX_BEGINNING = 38;

    /** The beginning of a frame behind a short text of the server. */
    private static final Pattern SERVER_BEGINNING = Pattern.compile("0[679][0-9]{23}|11[0-9]{23}");

    /** The beginning of a frame behind a short text of a client whose id is not known. */
    private static final Pattern CLIENT_BEGINNING = Pattern.compile("05[0-9]{36}|10[0-9]{23}");

    private final Side side;
    private final boolean isFixed;
    private FrameWidths widths;
    private Pattern beginning;

    private byte[] buffer = new byte[512];
    private int start;
    private int length;
    private long offset;

    private boolean lost;
    private long passedOver;
    private boolean halfShown;

    /**
     * @param widths {@link FrameWidths#UNKNOWN} to find out
     */
    FlowDecoder(Side side, FrameWidths widths) {
        this.side = side;
        this.widths = widths;
        this.isFixed = widths != FrameWidths.UNKNOWN;
        this.beginning = side == Side.SERVER ? SERVER_BEGINNING : CLIENT_BEGINNING;
    }

    /** Takes the session's own id, by which the beginning of a client's next frame is recognised. */
    void ownId(String id) {
        if (side == Side.CLIENT && id.chars().allMatch(Shown::isDigit)) {
            beginning = Pattern.compile("05" + id + "[0-9]{23}|10" + id + "[0-9]{10}");
        }
    }

    FrameWidths widths() {
        return widths;
    }

    /** Returns whether a pause could end something. */
    boolean waits() {
        return length > 0 || lost;
    }

    void add(byte[] bytes) {
        halfShown = false;
        if (start + length + bytes.length > buffer.length) {
            byte[] to = length + bytes.length > buffer.length
                    ? new byte[Math.max(2 * buffer.length, length + bytes.length)]
                    : buffer;
            System.arraycopy(buffer, start, to, 0, length);
            buffer = to;
            start = 0;
        }
        System.arraycopy(bytes, 0, buffer, start + length, bytes.length);
        length += bytes.length;
    }

    /**
     * Takes the next thing off. Call it until it returns null.
     *
     * @param pause true when nothing more has come for a while, or never will
     * @return null while the end cannot be known
     */
    @Nullable
    Finding next(boolean pause) {
        if (lost) {
            Finding passed = passOver(pause);
            if (passed != null || lost) {
                return passed;
            }
        }
        if (length == 0) {
            return null;
        }
        int filler = fillerLength();
        if (filler > 0) {
            // More of it may be on its way: it is shown as one.
            return filler < length || pause ? filler(filler) : null;
        }
        try {
            return frame(pause);
        } catch (MalformedFrameException e) {
            return noFrame(e.fault(), e.type(), e.field(), e.at());
        }
    }

    /** Returns the beginning of a frame whose rest has not come; null when there is none, or it was shown already. */
    @Nullable
    Finding half(boolean atEnd) {
        if (lost || length == 0 || (halfShown && !atEnd)) {
            return null;
        }
        halfShown = true;
        byte[] bytes = Arrays.copyOfRange(buffer, start, start + length);
        @Nullable FrameType type;
        try {
            type = FrameExtent.ofFixedPart(bytes, 0, bytes.length).type();
        } catch (MalformedFrameException e) {
            throw new IllegalStateException("a fault that was not found before", e);
        }
        int characters = WireFrame.codePoints(new String(bytes, StandardCharsets.UTF_8));
        var half = new Finding.Half(offset, type, characters, bytes, atEnd);
        if (atEnd) {
            drop(length);
        }
        return half;
    }

    private @Nullable Finding frame(boolean pause) throws MalformedFrameException {
        FrameExtent fixed = FrameExtent.ofFixedPart(buffer, start, start + length);
        FrameType type = fixed.type();
        if (type != null && type.wire() == Wire.FULL_WIDTH_ONLY) {
            learn(FrameWidths.FULL);
        }
        if (type == null || fixed.fixedEnd() == FrameExtent.NOT_YET) {
            return null;
        }
        if (fixed.end() != FrameExtent.NOT_YET) {
            return whole(type, fixed.end(), fixed.end(), true);
        }
        boolean isFull = widths == FrameWidths.FULL || type.wire() == Wire.FULL_WIDTH_ONLY;
        return isFull ? fullWidth(type) : shortFrame(type, fixed.fixedEnd(), pause);
    }

    private @Nullable Finding fullWidth(FrameType type) throws MalformedFrameException {
        int end = FrameExtent.of(buffer, start, start + length).end();
        return end == FrameExtent.NOT_YET ? null : whole(type, end, end, true);
    }

    /** Finds the end of a frame that may be short. */
    private @Nullable Finding shortFrame(FrameType type, int fixedEnd, boolean pause) throws MalformedFrameException {
        boolean isText = type.fields().getLast().kind() == Kind.TEXT;
        int fullEnd = isText ? endOfText(type, fixedEnd) : endOfMembers(type, fixedEnd);
        int limit = fullEnd == FrameExtent.NOT_YET ? start + length : fullEnd;
        int next = nextBeginning(fixedEnd, limit, isText);
        int lineEnd = indexOf('\n', fixedEnd, next);
        boolean isPadded = fullEnd != FrameExtent.NOT_YET && next == limit;
        if (isPadded && (lineEnd == next || widths == FrameWidths.UNKNOWN)) {
            if (buffer[fullEnd - 1] == ' ') {
                learn(FrameWidths.FULL);
            }
            return judged(type, fullEnd, fullEnd, true);
        }
        if (lineEnd < next && widths == FrameWidths.SHORT) {
            return judged(type, withoutFiller(isText, fixedEnd, lineEnd), lineEnd + 1, false);
        }
        if (next < limit) {
            learn(FrameWidths.SHORT);
            return lineEnd < next
                    ? judged(type, withoutFiller(isText, fixedEnd, lineEnd), lineEnd + 1, false)
                    : judged(type, withoutFiller(isText, fixedEnd, next), next, false);
        }
        if (pause) {
            learn(FrameWidths.SHORT);
            int end = Math.min(lineEnd, limit);
            return judged(type, withoutFiller(isText, fixedEnd, end), lineEnd < limit ? lineEnd + 1 : limit, false);
        }
        return null;
    }

    /** Returns a frame whose end was found, unless its text or members hold a fault. */
    private Finding judged(FrameType type, int contentEnd, int end, boolean isPadded) throws MalformedFrameException {
        FrameExtent.of(buffer, start, contentEnd);
        int fixed = Shown.fixedWidth(type);
        if (type.fields().getLast().kind() == Kind.TEXT) {
            int wrong = notUtf8(start + fixed, contentEnd);
            if (wrong >= 0) {
                return noFrame(Fault.NOT_UTF8, type, type.fields().getLast().name(), wrong - start);
            }
        } else {
            int slot = type.fields().getFirst().width();
            int rest = (contentEnd - start - fixed) % slot;
            if (rest > 0 && buffer[contentEnd - 1] != ' ') {
                return noFrame(Fault.CUT_MEMBER, type, type.fields().getLast().name(), contentEnd - start - rest);
            }
        }
        return whole(type, contentEnd, end, isPadded);
    }

    private int notUtf8(int from, int to) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(buffer, from, to - from);
        CoderResult result = decoder.decode(in, CharBuffer.allocate(to - from), true);
        return result.isError() ? in.position() : -1;
    }

    /** Returns the end at full width, or {@link FrameExtent#NOT_YET}; what is wrong in the text is judged later. */
    private int endOfText(FrameType type, int fixedEnd) {
        int at = fixedEnd;
        for (int missing = type.fields().getLast().width(); missing > 0; missing--) {
            if (at >= start + length) {
                return FrameExtent.NOT_YET;
            }
            at++;
            while (at < start + length && (buffer[at] & 0xC0) == 0x80) {
                at++;
            }
        }
        // The last character may go on.
        boolean goesOn = at == start + length && buffer[at - 1] < 0 && notUtf8(fixedEnd, at) >= 0;
        return goesOn ? FrameExtent.NOT_YET : at;
    }

    private int endOfMembers(FrameType type, int fixedEnd) {
        int end = fixedEnd + type.fields().getLast().width();
        return end <= start + length ? end : FrameExtent.NOT_YET;
    }

    /** Returns where the next frame visibly begins inside the text or the members, or {@code to}. */
    private int nextBeginning(int from, int to, boolean isText) {
        if (!isText && side == Side.SERVER) {
            return to; // ids may look like the beginning of a frame
        }
        // One char a byte, so that places in the text are places in the buffer.
        int seen = Math.min(start + length, to + MAX_BEGINNING);
        String bytes = new String(buffer, from, seen - from, StandardCharsets.ISO_8859_1);
        Matcher found = beginning.matcher(bytes);
        return found.find() && from + found.start() < to ? from + found.start() : to;
    }

    private int indexOf(char wanted, int from, int to) {
        int at = from;
        while (at < to && buffer[at] != wanted) {
            at++;
        }
        return at;
    }

    /** Returns the end of the content; NULs behind a text are shown as its padding. */
    private int withoutFiller(boolean isText, int from, int to) {
        int end = to;
        while (end > from && isFiller(buffer[end - 1]) && buffer[end - 1] != ' ' && !(isText && buffer[end - 1] == 0)) {
            end--;
        }
        return end;
    }

    private void learn(FrameWidths found) {
        if (!isFixed) {
            widths = found;
        }
    }

    private int fillerLength() {
        int at = start;
        while (at < start + length && isFiller(buffer[at])) {
            at++;
        }
        return at - start;
    }

    private static boolean isFiller(byte b) {
        return b == '\r' || b == '\n' || b == ' ' || b == 0;
    }

    private Finding filler(int count) {
        var filler =
                new Finding.Filler(offset, Arrays.copyOfRange(buffer, start, start + Math.min(count, MAX_SHOWN_BYTES)));
        drop(count);
        return filler;
    }

    private Finding whole(FrameType type, int contentEnd, int end, boolean isPadded) {
        String text = new String(buffer, start, contentEnd - start, StandardCharsets.UTF_8);
        var whole = new Finding.Whole(offset, WireFrame.parse(type, text), end - start, isPadded);
        drop(end - start);
        return whole;
    }

    private Finding noFrame(Fault fault, @Nullable FrameType type, String field, int at) {
        byte[] shown = Arrays.copyOfRange(buffer, start, start + Math.min(length, MAX_SHOWN_BYTES + at));
        var found = new Finding.NoFrame(offset, fault, type, field, at, shown);
        int end = endOfFault();
        if (end > start) {
            drop(end - start);
        } else {
            lost = true;
            passedOver = length;
            drop(length);
        }
        return found;
    }

    /**
     * Returns the place behind a line break behind which a frame begins or nothing has come, or the start when there is
     * none: the lines of a web page are one fault and not a hundred.
     */
    private int endOfFault() {
        int limit = start + length;
        for (int at = indexOf('\n', start, limit) + 1; at <= limit; at = indexOf('\n', at, limit) + 1) {
            if (at == limit || beginsFrame(at, limit)) {
                return at;
            }
        }
        return start;
    }

    private boolean beginsFrame(int at, int limit) {
        try {
            return FrameExtent.ofFixedPart(buffer, at, limit).type() != null;
        } catch (MalformedFrameException e) {
            return false;
        }
    }

    private @Nullable Finding passOver(boolean pause) {
        int end = endOfFault();
        boolean ends = end > start;
        int count = ends ? end - start : length;
        passedOver += count;
        drop(count);
        if (!ends && !pause) {
            return null;
        }
        lost = false;
        return new Finding.PassedOver(offset, passedOver);
    }

    private void drop(int bytes) {
        start += bytes;
        length -= bytes;
        offset += bytes;
    }
}
