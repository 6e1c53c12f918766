package zap.shell.move;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * A stream that encrypts chunk by chunk. Without {@link #finish} the result is incomplete, and no reader accepts it.
 */
final class EncryptingStream extends OutputStream {

    private final OutputStream out;
    private final ChunkCipher cipher;
    private final byte[] chunk = new byte[ChunkCipher.CHUNK_BYTES];
    private int filled;
    private long number;

    EncryptingStream(OutputStream out, ChunkCipher cipher) {
        this.out = out;
        this.cipher = cipher;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int at = offset;
        int left = length;
        while (left > 0) {
            // A full chunk waits until it is known that it is not the last one.
            if (filled == chunk.length) {
                encrypt(false);
            }
            int count = Math.min(left, chunk.length - filled);
            System.arraycopy(bytes, at, chunk, filled, count);
            filled += count;
            at += count;
            left -= count;
        }
    }

    /** Writes the last chunk. It is empty only when no byte was written. */
    void finish() throws IOException {
        encrypt(true);
        out.flush();
    }

    private void encrypt(boolean last) throws IOException {
        out.write(cipher.encrypt(number++, last, chunk, filled));
        filled = 0;
    }
}
