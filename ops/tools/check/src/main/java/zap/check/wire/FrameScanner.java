package zap.check.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Sender;

/**
 * Finds frames in what a program sends. It forgives what the codec of zap refuses, such as letters in an id, because
 * the suite has to show it; widths are those of {@link FrameType}.
 */
public final class FrameScanner {

    /** The beginning of a frame in the middle of a short text: the suites' own texts never look like this. */
    private static final Pattern BEGINNING_OF_SERVERS = Pattern.compile("0[679][0-9]{23}|11[0-9]{23}");

    private static final Pattern BEGINNING_OF_CLIENTS = Pattern.compile("05[0-9]{36}|08[0-9]{23}|10[0-9]{36}");
    private static final int MAX_FILLER = 300;

    private final boolean fullWidth;
    private final boolean skipsFiller;
    private final Pattern beginning;
    private final StringBuilder filler = new StringBuilder();
    private byte[] buffer = new byte[1024];
    private int length;

    /** A frame, or bytes that are none. */
    public sealed interface Found {
        record Whole(WireFrame frame) implements Found {}

        record NoFrame(String text) implements Found {}
    }

    /**
     * Makes a scanner for one direction of one connection.
     *
     * @param fullWidth false: a pause or the next frame may end a text and members, too
     * @param skipsFiller true to pass over line breaks, blanks and NULs between frames
     * @param peer the side whose frames come
     */
    public FrameScanner(boolean fullWidth, boolean skipsFiller, Sender peer) {
        this.beginning = peer == Sender.CLIENT ? BEGINNING_OF_CLIENTS : BEGINNING_OF_SERVERS;
        this.fullWidth = fullWidth;
        this.skipsFiller = skipsFiller;
    }

    public void add(byte[] bytes) {
        if (length + bytes.length > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, length + bytes.length));
        }
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    /** Returns the bytes that are no whole frame yet. */
    public String rest() {
        return new String(buffer, 0, length, StandardCharsets.UTF_8);
    }

    /**
     * Takes the next frame off, or what is none.
     *
     * @param pause true when nothing more has come for a while
     * @return null while the end cannot be known
     */
    @Nullable
    public Found next(boolean pause) {
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
        Matcher next = beginning.matcher(bytes);
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
            if (filler.length() < MAX_FILLER) {
                filler.append((char) buffer[at]);
            }
            at++;
        }
        drop(at);
    }

    /** Returns the line breaks, blanks and NULs that were passed over, and forgets them. */
    public String takeFiller() {
        String taken = filler.toString();
        filler.setLength(0);
        return taken;
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
                filler.append(text.charAt(text.length() - 1));
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
