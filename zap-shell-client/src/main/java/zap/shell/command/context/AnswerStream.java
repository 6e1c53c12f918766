package zap.shell.command.context;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that ends the command when a write fails. A {@link PrintWriter} hides an {@link IOException}, and a
 * command whose answer was lost would continue as if it had been shown.
 *
 * <p>After a failure every further write fails, because an answer with a gap is not an answer.
 */
public final class AnswerStream extends OutputStream {

    /** The bits of a file's mode that hold its type, as {@code stat} returns it. */
    private static final int TYPE = 0170000;

    private static final int PIPE = 0010000;
    private static final int SOCKET = 0140000;

    private final OutputStream out;
    private final BooleanSupplier pipe;
    private @Nullable UnwrittenException failure;

    /**
     * @param pipe returns whether this is a pipe; called after a failure
     */
    private AnswerStream(OutputStream out, BooleanSupplier pipe) {
        this.out = out;
        this.pipe = pipe;
    }

    /** Signals that the answer, or a part of it, could not be written. */
    public static final class UnwrittenException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final boolean unwanted;

        public UnwrittenException(@Nullable IOException cause, boolean unwanted) {
            super(cause);
            this.unwanted = unwanted;
        }

        /** Returns whether the reader of a pipe has closed it, as {@code history ana | head} does on purpose. */
        public boolean isUnwanted() {
            return unwanted;
        }
    }

    /** Returns a writer to the standard output of this process. */
    public static PrintWriter standardOutput() {
        return writer(new AnswerStream(new FileOutputStream(FileDescriptor.out), AnswerStream::isStandardOutputAPipe));
    }

    /** Returns a writer to a file or a device. */
    public static PrintWriter writer(OutputStream file) {
        return writer(new AnswerStream(file, () -> false));
    }

    private static PrintWriter writer(AnswerStream out) {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    }

    /**
     * Flushes the writer.
     *
     * @throws UnwrittenException when this write, or an earlier one, failed
     */
    public static void flush(PrintWriter writer) {
        writer.flush();
        // A terminal's writer hides its failures.
        if (writer.checkError()) {
            throw new UnwrittenException(null, false);
        }
    }

    private static boolean isStandardOutputAPipe() {
        try {
            int mode = (int) Files.getAttribute(Path.of("/dev/stdout"), "unix:mode");
            return (mode & TYPE) == PIPE || (mode & TYPE) == SOCKET;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        @Nullable UnwrittenException before = failure;
        if (before != null) {
            throw before;
        }
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private UnwrittenException failed(IOException exception) {
        var unwritten = new UnwrittenException(exception, pipe.getAsBoolean());
        failure = unwritten;
        return unwritten;
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
