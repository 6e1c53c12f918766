package zap.shell.move;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import zap.shell.move.ProfileFileException.Fault;

/** A stream that decrypts chunk by chunk. It returns bytes of a chunk only after the whole chunk is authenticated. */
final class DecryptingStream extends InputStream {

    private static final int ENCRYPTED_BYTES = ChunkCipher.CHUNK_BYTES + ChunkCipher.TAG_BYTES;

    private final InputStream in;
    private final ChunkCipher cipher;
    private final byte[] encrypted = new byte[ENCRYPTED_BYTES];
    private long left;
    private boolean ended;
    private long number;
    private byte[] chunk = new byte[0];
    private int at;

    /**
     * @param length the encrypted bytes of all chunks together: the chunk that reaches it is the last one
     */
    DecryptingStream(InputStream in, long length, ChunkCipher cipher) {
        this.in = in;
        this.left = length;
        this.cipher = cipher;
    }

    @Override
    public int read() throws IOException {
        return fill() ? chunk[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, chunk.length - at);
        System.arraycopy(chunk, at, bytes, offset, count);
        at += count;
        return count;
    }

    /** Reads the next chunk if needed. Returns false at the end. */
    private boolean fill() throws IOException {
        while (at == chunk.length) {
            if (ended) {
                return false;
            }
            int size = (int) Math.min(left, ENCRYPTED_BYTES);
            ended = left == size;
            if (in.readNBytes(encrypted, 0, size) < size) {
                throw new ProfileFileException(Fault.INCOMPLETE);
            }
            boolean emptyBehindOthers = number > 0 && size == ChunkCipher.TAG_BYTES;
            if (size < ChunkCipher.TAG_BYTES || emptyBehindOthers) {
                throw new ProfileFileException(Fault.DAMAGED);
            }
            chunk = cipher.decrypt(number++, ended, encrypted, size);
            at = 0;
            left -= size;
        }
        return true;
    }

    /** Reads to the end, so that the last chunk is authenticated, too. */
    void drain() throws IOException {
        while (fill()) {
            at = chunk.length;
        }
    }
}
