package zap.shell.command.context;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Standard input from a file or a pipe: a text, or commands, one a line. Both are UTF-8, with or without a byte order
 * mark. Other bytes are never decoded by guessing, because the recipient would get other characters than the sender
 * wrote.
 */
public final class StandardInput {

    /** Maximum length of a command. A text of this length would be more than 4,000 messages. */
    public static final int LONGEST_LINE_BYTES = 1 << 20;

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /** The reasons why a line cannot be run. */
    public enum Fault {
        NOT_UTF8,
        TOO_LONG,
        /** The whole input is UTF-16 or UTF-32. */
        OTHER_ENCODING
    }

    /**
     * A line of the input.
     *
     * @param number counted from 1
     * @param text the line without its end; empty when there is a fault
     */
    public record Line(long number, String text, @Nullable Fault fault) {}

    private final InputStream in;
    private long lines;
    private boolean endedWithCr;

    StandardInput(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /** Returns whether lines have been read as commands, so that the rest is not the text of a message. */
    public boolean holdsCommands() {
        return lines > 0;
    }

    /**
     * Reads all of the input as one text.
     *
     * @throws CharacterCodingException when it is not UTF-8
     */
    public String text() throws IOException {
        return withoutMark(decoded(in.readAllBytes()));
    }

    /** Reads the next line, which ends with LF, CR LF or CR; null at the end of the input. */
    @Nullable
    public Line line() throws IOException {
        var bytes = new ByteArrayOutputStream();
        boolean tooLong = false;
        int b = in.read();
        if (endedWithCr && b == '\n') {
            b = in.read();
        }
        endedWithCr = false;
        if (b < 0) {
            return null;
        }
        while (b >= 0 && b != '\n' && b != '\r') {
            tooLong |= bytes.size() == LONGEST_LINE_BYTES;
            if (!tooLong) {
                bytes.write(b);
            }
            b = in.read();
        }
        // The LF after a CR is searched for later, because a program that writes one command after the other may not
        // have sent it yet.
        endedWithCr = b == '\r';
        return line(++lines, bytes.toByteArray(), tooLong);
    }

    private static Line line(long number, byte[] bytes, boolean tooLong) {
        if (number == 1 && beginsOtherwise(bytes)) {
            return new Line(number, "", Fault.OTHER_ENCODING);
        }
        if (tooLong) {
            return new Line(number, "", Fault.TOO_LONG);
        }
        try {
            String text = decoded(bytes);
            // UTF-16 without a byte order mark is full of zero bytes.
            return text.indexOf(0) >= 0
                    ? new Line(number, "", Fault.NOT_UTF8)
                    : new Line(number, number == 1 ? withoutMark(text) : text, null);
        } catch (CharacterCodingException e) {
            return new Line(number, "", Fault.NOT_UTF8);
        }
    }

    /** Returns whether this is the byte order mark of UTF-16 or UTF-32, in either order. */
    private static boolean beginsOtherwise(byte[] bytes) {
        int first = at(bytes, 0);
        int second = at(bytes, 1);
        return (first == 0xFF && second == 0xFE)
                || (first == 0xFE && second == 0xFF)
                || (first == 0 && second == 0 && at(bytes, 2) == 0xFE && at(bytes, 3) == 0xFF);
    }

    private static int at(byte[] bytes, int index) {
        return index < bytes.length ? bytes[index] & 0xFF : -1;
    }

    private static String withoutMark(String text) {
        return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    }

    private static String decoded(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }
}
