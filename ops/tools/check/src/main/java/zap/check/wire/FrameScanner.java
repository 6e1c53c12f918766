package zap.check;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.protocol.FrameType;

/**
 * Finds frames in what a server sends. It forgives what the codec of zap refuses, such as letters in an id, because the
 * suite has to show it; widths are those of {@link FrameType}.
 */
final class FrameScanner {

    /** The beginning of a frame in the middle of a short text: the suite's own texts never look like this. */
    private static final Pattern BEGINNING = Pattern.compile("0[679][0-9]{23}|11[0-9]{23}");

    private final boolean fullWidth;
    private final boolean skipsFiller;
    private byte[] buffer = new byte[1024];
    private int length;

    /** A frame, or bytes that are none. */
    sealed interface Found {
        record Whole(WireFrame frame) implements Found {}

        record NoFrame(String text) implements Found {}
    }

    /**
     * @param fullWidth false: a pause or the next frame may end a text and members, too
     * @param skipsFiller true to pass over line breaks, blanks and NULs between frames
     */
    FrameScanner(boolean fullWidth, boolean skipsFiller) {
        this.fullWidth = fullWidth;
        this.skipsFiller = skipsFiller;
    }

    void add(byte[] bytes) {
        if (length + bytes.length > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, length + bytes.length));
        }
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    /** Returns the bytes that are no whole frame yet. */
    String rest() {
        return new String(buffer, 0, length, StandardCharsets.UTF_8);
    }

    /**
     * Takes the next frame off, or what is none.
     *
     * @param pause true when nothing more has come for a while
     * @return null while the end cannot be known
     */
    @Nullable
    Found next(boolean pause) {
        if (skipsFiller) {
            skipFiller();
        }
        if (length == 0) {
            return null;
        }
        FrameType type = length < 2 ? null : typeAtStart();
        if (type == null) {
            return length >= 2 || pause ? noFrame(pause) : null;
        }
        int fixedEnd = endOf(Shown.fixedWidth(type));
        if (fixedEnd < 0) {
            return pause && !fullWidth ? noFrame(true) : null;
        }
        int fullEnd = endOf(type.width());
        if (fullEnd >= 0 && (fullWidth || Shown.isFixed(type))) {
            return take(type, fullEnd);
        }
        if (fullWidth) {
            return null;
        }
        if (type.fields().getLast().kind() == FrameType.Kind.MEMBERS) {
            // Ids may look like the beginning of a frame, so only a pause ends them.
            return fullEnd >= 0 ? take(type, fullEnd) : pause ? take(type, length) : null;
        }
        int end = endOfShort(fixedEnd, fullEnd, pause);
        return end < 0 ? null : take(type, end);
    }

    private int endOfShort(int fixedEnd, int fullEnd, boolean pause) {
        int limit = fullEnd < 0 ? length : fullEnd;
        // One char a byte, so that places in the text are places in the buffer.
        String bytes = new String(buffer, fixedEnd, limit - fixedEnd, StandardCharsets.ISO_8859_1);
        Matcher next = BEGINNING.matcher(bytes);
        if (next.find()) {
            return fixedEnd + next.start();
        }
        if (fullEnd >= 0) {
            return fullEnd;
        }
        return pause ? length : -1;
    }

    private void skipFiller() {
        int at = 0;
        while (at < length && (buffer[at] == '\r' || buffer[at] == '\n' || buffer[at] == ' ' || buffer[at] == 0)) {
            at++;
        }
        drop(at);
    }

    private @Nullable FrameType typeAtStart() {
        if (!Shown.isDigit(buffer[0]) || !Shown.isDigit(buffer[1])) {
            return null;
        }
        FrameType type = FrameType.ofCode(10 * (buffer[0] - '0') + (buffer[1] - '0'));
        return type == null || type.wire() == FrameType.Wire.FULL_WIDTH_ONLY ? null : type;
    }

    /** Takes off bytes that are no frame: up to a line break, or all of them after a pause. */
    private @Nullable Found noFrame(boolean pause) {
        for (int at = 0; at < length; at++) {
            if (buffer[at] == '\n') {
                return text(at + 1);
            }
        }
        return pause || length > 4096 ? text(length) : null;
    }

    private Found text(int end) {
        String text = new String(buffer, 0, end, StandardCharsets.UTF_8);
        drop(end);
        return new Found.NoFrame(text);
    }

    private Found take(FrameType type, int end) {
        String text = new String(buffer, 0, end, StandardCharsets.UTF_8);
        if (!fullWidth) {
            while (text.endsWith("\n") || text.endsWith("\r")) {
                text = text.substring(0, text.length() - 1);
            }
        }
        drop(end);
        return new Found.Whole(WireFrame.parse(type, text));
    }

    /** Returns the place in the buffer after this number of code points, or -1 when they have not all come. */
    private int endOf(int codePoints) {
        int at = 0;
        for (int i = 0; i < codePoints; i++) {
            if (at >= length) {
                return -1;
            }
            int first = buffer[at] & 0xff;
            int width = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
            at++;
            for (int more = 1; more < width; more++, at++) {
                if (at >= length) {
                    return -1;
                }
                if ((buffer[at] & 0xc0) != 0x80) {
                    break; // broken UTF-8: what is there counts as one character
                }
            }
        }
        return at;
    }

    private void drop(int bytes) {
        System.arraycopy(buffer, bytes, buffer, 0, length - bytes);
        length -= bytes;
    }
}
