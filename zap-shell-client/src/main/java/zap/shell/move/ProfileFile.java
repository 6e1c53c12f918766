package zap.shell.move;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import zap.shell.move.ProfileFileException.Fault;
import zap.shell.store.ProfileDatabase;

/**
 * An exported profile as a file: a header in plain text, then a ZIP archive in encrypted chunks, then an end mark. It
 * needs the memory of a few chunks, however large the profile is.
 *
 * <p>The end mark only shows before the passphrase is asked for that a file was cut off. A cut file is unusable because
 * its last chunk is not encrypted as the last one.
 */
public final class ProfileFile {

    private static final byte[] END_MARK = "\nzap-profile ends here.\n".getBytes(StandardCharsets.US_ASCII);

    /** A receiver for the parts of a file while it is read. */
    interface PartReader {

        /**
         * Returns the stream to which a part is written. The caller closes it.
         *
         * @throws ProfileFileException when a profile has no such part
         */
        OutputStream open(String name) throws IOException;
    }

    private final Path file;
    private final ProfileHeader header;
    private final long length;

    private ProfileFile(Path file, ProfileHeader header, long length) {
        this.file = file;
        this.header = header;
        this.length = length;
    }

    /**
     * Writes a profile into a file that exists and is empty. It is on disk when this returns.
     *
     * @param parts by their names
     * @return the SHA-256 of each part
     */
    static Map<String, String> write(Path file, ProfileOrigin origin, PassphraseKeys keys, Map<String, Path> parts)
            throws IOException {
        ProfileHeader header = ProfileHeader.of(origin, keys.recipe());
        var sums = new TreeMap<String, String>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 2 * ChunkCipher.CHUNK_BYTES);
            out.write(header.bytes());
            var encrypted = new EncryptingStream(out, new ChunkCipher(keys.content(), header.bytes()));
            var zip = new ZipOutputStream(encrypted);
            zip.setLevel(Deflater.BEST_SPEED);
            for (Map.Entry<String, Path> part : parts.entrySet()) {
                zip.putNextEntry(new ZipEntry(part.getKey()));
                var summed = new DigestOutputStream(zip, sha256());
                Files.copy(part.getValue(), summed);
                zip.closeEntry();
                sums.put(
                        part.getKey(),
                        HexFormat.of().formatHex(summed.getMessageDigest().digest()));
            }
            zip.finish();
            encrypted.finish();
            out.write(END_MARK);
            out.flush();
            channel.force(true);
        }
        return sums;
    }

    /**
     * Opens a file and reads its header. It reports every fault that shows without the passphrase.
     *
     * @throws ProfileFileException when it is not an exported profile, is a newer one, or is incomplete
     * @throws IOException when it cannot be read
     */
    public static ProfileFile open(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            byte[] beginning = bytes(channel, 0, ProfileHeader.MAX_BYTES);
            ProfileHeader header = ProfileHeader.parse(beginning);
            if (header.origin().schema() > ProfileDatabase.SCHEMA) {
                throw new ProfileFileException(Fault.NEWER);
            }
            long end = channel.size() - END_MARK.length;
            if (end < header.bytes().length || !Arrays.equals(bytes(channel, end, END_MARK.length), END_MARK)) {
                throw new ProfileFileException(Fault.INCOMPLETE);
            }
            return new ProfileFile(file, header, end - header.bytes().length);
        }
    }

    private static byte[] bytes(FileChannel channel, long at, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        long position = at;
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer, position);
            if (read < 0) {
                break;
            }
            position += read;
        }
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    /** Returns the origin that the header names. It is not authenticated before the file has been read. */
    public ProfileOrigin origin() {
        return header.origin();
    }

    /**
     * Derives the keys of this file, which takes about a second on purpose.
     *
     * @throws ProfileFileException when this is not its passphrase
     */
    PassphraseKeys keys(char[] passphrase) throws ProfileFileException {
        return PassphraseKeys.of(passphrase, header.keys());
    }

    /**
     * Reads and authenticates the whole file.
     *
     * @throws ProfileFileException when it is not as it was written. The reader's content is worthless then.
     */
    void read(PassphraseKeys keys, PartReader reader) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 2 * ChunkCipher.CHUNK_BYTES)) {
            in.skipNBytes(header.bytes().length);
            var decrypted = new DecryptingStream(in, length, new ChunkCipher(keys.content(), header.bytes()));
            var zip = new ZipInputStream(decrypted);
            @Nullable ZipEntry entry;
            while ((entry = zip.getNextEntry()) != null) {
                try (OutputStream out = reader.open(entry.getName())) {
                    zip.transferTo(out);
                }
            }
            decrypted.drain();
        } catch (ZipException | EOFException e) {
            throw new ProfileFileException(Fault.DAMAGED, e);
        }
    }

    /** Reads the whole file, and returns the SHA-256 of each part. */
    Map<String, String> sums(PassphraseKeys keys) throws IOException {
        var sums = new TreeMap<String, String>();
        read(keys, name -> new FilterOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), sha256())) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }

            @Override
            public void close() {
                byte[] sum = ((DigestOutputStream) out).getMessageDigest().digest();
                sums.put(name, HexFormat.of().formatHex(sum));
            }
        });
        return sums;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
