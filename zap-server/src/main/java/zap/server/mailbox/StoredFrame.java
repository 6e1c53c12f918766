package zap.server.mailbox;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.MessageId;
import zap.protocol.PosixTime;

/**
 * A frame as the columns of the mailbox table. No other class knows how frames are kept.
 *
 * @param code the frame's code as a number
 * @param src the author's id for 06 and 36; 0 otherwise
 * @param dst the frame's dst; the group's id for 11
 * @param sentAt the frame's timestamp, POSIX seconds
 * @param body UTF-8 text for 06 and 36, the members' digits for 11, null otherwise
 * @param messageId for 36; null otherwise
 */
@SuppressWarnings("ArrayRecordComponent") // never compared: it only carries columns between a frame and a statement
record StoredFrame(
        short code,
        long src,
        long dst,
        long sentAt,
        byte @Nullable [] body,
        @Nullable Long messageId) {

    static final short DELIVER = 6;
    static final short DELIVERED = 7;
    static final short READ_RECEIPT = 9;
    static final short GROUP_CREATED = 11;
    static final short MESSAGE = 36;

    private static final int ID_DIGITS = 13;

    static StoredFrame of(Frame.ForMailbox frame) {
        return switch (frame) {
            case Frame.Deliver(var src, var dst, var sentAt, var body) ->
                new StoredFrame(DELIVER, src.value(), dst.value(), sentAt.seconds(), body.utf8(), null);
            case Frame.Message(var src, var dst, var sentAt, var messageId, var body) ->
                new StoredFrame(MESSAGE, src.value(), dst.value(), sentAt.seconds(), body.utf8(), messageId.value());
            case Frame.Delivered(var dst, var upTo) ->
                new StoredFrame(DELIVERED, 0, dst.value(), upTo.seconds(), null, null);
            case Frame.ReadReceipt(var dst, var upTo) ->
                new StoredFrame(READ_RECEIPT, 0, dst.value(), upTo.seconds(), null, null);
            case Frame.GroupCreated(var id, var createdAt, var members) ->
                new StoredFrame(GROUP_CREATED, 0, id.value(), createdAt.seconds(), digitsOf(members), null);
        };
    }

    Frame.ForMailbox frame() {
        return switch (code) {
            case DELIVER ->
                new Frame.Deliver(
                        new ClientId(src), new Address(dst), new PosixTime(sentAt), Body.ofUtf8(requiredBody()));
            case MESSAGE ->
                new Frame.Message(
                        new ClientId(src),
                        new Address(dst),
                        new PosixTime(sentAt),
                        new MessageId(requiredMessageId()),
                        Body.ofUtf8(requiredBody()));
            case DELIVERED -> new Frame.Delivered(new ClientId(dst), new PosixTime(sentAt));
            case READ_RECEIPT -> new Frame.ReadReceipt(new ClientId(dst), new PosixTime(sentAt));
            case GROUP_CREATED ->
                new Frame.GroupCreated(new GroupId(dst), new PosixTime(sentAt), membersOf(requiredBody()));
            default -> throw new IllegalStateException("A mailbox entry has the unknown code " + code);
        };
    }

    private long requiredMessageId() {
        if (messageId == null) {
            throw new IllegalStateException("A mailbox entry with code " + code + " has no message id");
        }
        return messageId;
    }

    private byte[] requiredBody() {
        if (body == null) {
            throw new IllegalStateException("A mailbox entry with code " + code + " has no body");
        }
        return body;
    }

    private static byte[] digitsOf(List<ClientId> members) {
        var digits = new StringBuilder(members.size() * ID_DIGITS);
        members.forEach(digits::append);
        return digits.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static List<ClientId> membersOf(byte[] digits) {
        var text = new String(digits, StandardCharsets.US_ASCII);
        var members = new ArrayList<ClientId>(text.length() / ID_DIGITS);
        for (int at = 0; at < text.length(); at += ID_DIGITS) {
            members.add(ClientId.parse(text.substring(at, at + ID_DIGITS)));
        }
        return List.copyOf(members);
    }
}
