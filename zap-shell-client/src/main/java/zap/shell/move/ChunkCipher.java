package zap.shell.move;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import zap.shell.move.ProfileFileException.Fault;

/**
 * The encryption of one chunk: AES-256-GCM, as the STREAM construction uses it.
 *
 * <p>The nonce is the number of the chunk and a flag for the last one. So the decryption fails when a chunk is moved,
 * repeated, dropped or cut off. Every chunk authenticates the header, too. A key encrypts one file only, because each
 * file has a salt of its own: that makes a counter safe as a nonce.
 */
final class ChunkCipher {

    /** Size of a chunk in plain text. Only the last one is smaller. */
    static final int CHUNK_BYTES = 64 * 1024;

    /** Size of the authentication tag behind each chunk. */
    static final int TAG_BYTES = 16;

    private static final int NONCE_BYTES = 12;

    private final SecretKey key;
    private final byte[] header;
    private final Cipher cipher;

    ChunkCipher(SecretKey key, byte[] header) {
        this.key = key;
        this.header = header.clone();
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES-GCM", e);
        }
    }

    /** Encrypts a chunk. The result is longer by {@link #TAG_BYTES}. */
    byte[] encrypt(long number, boolean last, byte[] plain, int length) {
        try {
            return init(Cipher.ENCRYPT_MODE, number, last).doFinal(plain, 0, length);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot encrypt a chunk", e);
        }
    }

    /**
     * Decrypts a chunk.
     *
     * @throws ProfileFileException when it is not the chunk that was written there
     */
    byte[] decrypt(long number, boolean last, byte[] encrypted, int length) throws ProfileFileException {
        try {
            return init(Cipher.DECRYPT_MODE, number, last).doFinal(encrypted, 0, length);
        } catch (AEADBadTagException e) {
            throw new ProfileFileException(Fault.DAMAGED, e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot decrypt a chunk", e);
        }
    }

    private Cipher init(int mode, long number, boolean last) throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(NONCE_BYTES)
                .position(NONCE_BYTES - 1 - Long.BYTES)
                .putLong(number)
                .put((byte) (last ? 1 : 0))
                .array();
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
        cipher.updateAAD(header);
        return cipher;
    }
}
