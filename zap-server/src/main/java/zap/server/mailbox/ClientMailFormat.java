package zap.server.mailbox;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Mailbox entries as bytes, for the way from one node to another. Both nodes must know the same version.
 *
 * <pre>
 *   version    1 byte, never 0
 *   clients    4 bytes, then for each of them:
 *     client   8 bytes
 *     entries  4 bytes, then for each of them:
 *       position 8, age in nanoseconds 8 (-1: unknown), code 2, src 8, dst 8, sent at 8,
 *       message id 8 (-1: none), length of the body 4 (-1: none), body
 * </pre>
 */
public final class ClientMailFormat {

    /** The version of this format. Any change of it, or of the frames that mailboxes hold, needs another number. */
    static final int VERSION = 1;

    private static final int NONE = -1;

    private ClientMailFormat() {}

    /** Returns the mail as bytes. */
    public static byte[] bytesOf(List<ClientMail> all) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            long now = System.nanoTime();
            out.writeByte(VERSION);
            out.writeInt(all.size());
            for (ClientMail one : all) {
                out.writeLong(one.client());
                out.writeInt(one.mail().size());
                for (MailboxItem item : one.mail()) {
                    write(item, now, out);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    private static void write(MailboxItem item, long now, DataOutputStream out) throws IOException {
        StoredFrame frame = StoredFrame.of(item.frame());
        out.writeLong(item.position());
        out.writeLong(item.receivedAtNanos() == MailboxItem.NOT_MEASURED ? NONE : now - item.receivedAtNanos());
        out.writeShort(frame.code());
        out.writeLong(frame.src());
        out.writeLong(frame.dst());
        out.writeLong(frame.sentAt());
        @Nullable Long messageId = frame.messageId();
        out.writeLong(messageId == null ? NONE : messageId);
        byte @Nullable [] body = frame.body();
        out.writeInt(body == null ? NONE : body.length);
        if (body != null) {
            out.write(body);
        }
    }

    /**
     * Returns the mail in these bytes.
     *
     * @throws IllegalArgumentException when they are not in this format
     */
    public static List<ClientMail> read(byte[] bytes) {
        try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            long now = System.nanoTime();
            if (in.readByte() != VERSION) {
                throw new IllegalArgumentException("This is mail in the format of another version");
            }
            var all = new ArrayList<ClientMail>();
            for (int clients = in.readInt(); clients > 0; clients--) {
                long client = in.readLong();
                var mail = new ArrayList<MailboxItem>();
                for (int entries = in.readInt(); entries > 0; entries--) {
                    mail.add(readItem(in, now));
                }
                all.add(new ClientMail(client, mail));
            }
            if (in.read() >= 0) {
                throw new IllegalArgumentException("There are bytes behind the mail");
            }
            return all;
        } catch (IOException | IllegalStateException e) {
            throw new IllegalArgumentException("This is not mail in the format of version " + VERSION, e);
        }
    }

    private static MailboxItem readItem(DataInputStream in, long now) throws IOException {
        long position = in.readLong();
        long age = in.readLong();
        short code = in.readShort();
        long src = in.readLong();
        long dst = in.readLong();
        long sentAt = in.readLong();
        long messageId = in.readLong();
        int length = in.readInt();
        byte @Nullable [] body = length == NONE ? null : in.readNBytes(length);
        if (body != null && body.length < length) {
            throw new IllegalArgumentException("The body of entry " + position + " is cut short");
        }
        var frame = new StoredFrame(code, src, dst, sentAt, body, messageId == NONE ? null : messageId);
        return new MailboxItem(position, frame.frame(), age == NONE ? MailboxItem.NOT_MEASURED : now - age);
    }
}
