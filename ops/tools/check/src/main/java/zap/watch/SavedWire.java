package zap.watch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file of a recording: a line that says what it is, then records. Each is the length of its payload (4 bytes), its
 * kind (1), the connection (4), the time in microseconds since 1970 (8), the payload, and the CRC-32C of all that (4);
 * numbers have their highest byte first. The last record has the kind {@code Z}. So a file that was cut off or changed
 * is known as such, and all before that place can be shown.
 */
final class SavedWire {

    private static final byte[] BEGINNING = "zap watch recording 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte END = 'Z';
    private static final int HEAD = 4 + 1 + 4 + 8;
    private static final int CHECKSUM = 4;
    private static final int MAX_PAYLOAD = 1 << 20;

    private SavedWire() {}

    /** The way in which a recording ends. */
    enum Ending {
        COMPLETE,
        /** There is no last record: the proxy was killed, or still runs. */
        OPEN,
        /** The file ends inside a record. */
        CUT,
        /** A record's bytes are not those that were written. */
        DAMAGED
    }

    /**
     * The result of reading a file.
     *
     * @param at the place in the file up to which it could be read
     */
    record Read(Ending ending, long at) {}

    /** Writes a recording. Not safe for several threads. */
    static final class Writer implements Closeable {

        private final OutputStream out;

        /**
         * Makes the file, readable for its owner alone where the system knows that, because it holds messages.
         *
         * @throws java.nio.file.FileAlreadyExistsException when there is one: a recording is never overwritten
         */
        Writer(Path file) throws IOException {
            boolean isPosix =
                    FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
            FileAttribute<?>[] attributes = isPosix && !Files.exists(file)
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                    }
                    : new FileAttribute<?>[0];
            Files.createFile(file, attributes);
            out = new BufferedOutputStream(
                    Files.newOutputStream(file, Set.of(StandardOpenOption.WRITE).toArray(new StandardOpenOption[0])),
                    1 << 16);
            out.write(BEGINNING);
            out.flush();
        }

        void write(WireEvent event) throws IOException {
            write(event.kind().code(), event.connection(), event.micros(), event.payload());
        }

        private void write(byte kind, int connection, long micros, byte[] payload) throws IOException {
            ByteBuffer head = ByteBuffer.allocate(HEAD);
            head.putInt(payload.length).put(kind).putInt(connection).putLong(micros);
            out.write(head.array());
            out.write(payload);
            out.write(ByteBuffer.allocate(CHECKSUM)
                    .putInt(checksum(head.array(), payload))
                    .array());
        }

        void flush() throws IOException {
            out.flush();
        }

        /** Writes the last record, and closes the file. */
        @Override
        public void close() throws IOException {
            try (out) {
                write(END, 0, 0, new byte[0]);
            }
        }
    }

    private static int checksum(byte[] head, byte[] payload) {
        var checksum = new CRC32C();
        checksum.update(head);
        checksum.update(payload);
        return (int) checksum.getValue();
    }

    /**
     * Reads a recording as far as it can be read.
     *
     * @return null when the file is no recording at all
     */
    static @Nullable Read read(Path file, Consumer<WireEvent> events) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            byte[] beginning = in.readNBytes(BEGINNING.length);
            if (!Arrays.equals(beginning, BEGINNING)) {
                return null;
            }
            long at = BEGINNING.length;
            while (true) {
                byte[] head = in.readNBytes(HEAD);
                if (head.length < HEAD) {
                    return new Read(head.length == 0 ? Ending.OPEN : Ending.CUT, at);
                }
                ByteBuffer fields = ByteBuffer.wrap(head);
                int length = fields.getInt();
                byte code = fields.get();
                if (length < 0 || length > MAX_PAYLOAD) {
                    return new Read(Ending.DAMAGED, at);
                }
                byte[] payload = in.readNBytes(length);
                byte[] checksum = in.readNBytes(CHECKSUM);
                if (payload.length < length || checksum.length < CHECKSUM) {
                    return new Read(Ending.CUT, at);
                }
                WireEvent.@Nullable Kind kind = WireEvent.Kind.ofCode(code);
                boolean isLast = code == END;
                if (ByteBuffer.wrap(checksum).getInt() != checksum(head, payload) || (kind == null && !isLast)) {
                    return new Read(Ending.DAMAGED, at);
                }
                at += HEAD + length + CHECKSUM;
                if (isLast || kind == null) {
                    return new Read(in.read() < 0 ? Ending.COMPLETE : Ending.DAMAGED, at);
                }
                int connection = fields.getInt();
                events.accept(new WireEvent(fields.getLong(), connection, kind, payload));
            }
        }
    }
}
