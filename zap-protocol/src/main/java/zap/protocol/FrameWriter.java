package zap.protocol;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Kind;

/**
 * Writes one frame into an array, walking the row of the table: each field is given by its name, in the row's order.
 * The two framings differ only in the padding.
 */
final class FrameWriter {

    private static final byte[] HEX_DIGITS = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private final FrameType type;
    private final boolean padded;
    private final byte[] to;
    private int at;
    private int fieldsGiven;

    private FrameWriter(FrameType type, boolean padded, byte[] to, int at) {
        this.type = type;
        this.padded = padded;
        this.to = to;
        this.at = at;
    }

    static void write(Frame frame, boolean padded, ByteBuffer out) {
        int length = length(frame, padded);
        if (out.remaining() < length) {
            throw new BufferOverflowException();
        }
        if (out.hasArray()) {
            write(frame, padded, out.array(), out.arrayOffset() + out.position(), length);
            out.position(out.position() + length);
        } else {
            out.put(toBytes(frame, padded));
        }
    }

    static byte[] toBytes(Frame frame, boolean padded) {
        int length = length(frame, padded);
        byte[] bytes = new byte[length];
        write(frame, padded, bytes, 0, length);
        return bytes;
    }

    /** Returns the number of bytes of the encoded frame. */
    static int length(Frame frame, boolean padded) {
        int width = frame.type().width();
        return switch (frame) {
            case Frame.Send send -> width + textMinusField(send.body(), padded);
            case Frame.Deliver deliver -> width + textMinusField(deliver.body(), padded);
            case Frame.Message message -> width + textMinusField(message.body(), padded);
            case Frame.CreateGroup create ->
                width - (padded ? 0 : emptySlots(create.members(), Frame.CreateGroup.MAX_MEMBERS));
            case Frame.GroupCreated created ->
                width - (padded ? 0 : emptySlots(created.members(), Frame.GroupCreated.MAX_MEMBERS));
            case Frame.Register _, Frame.Registered _, Frame.Connect _, Frame.Connected _ -> width;
            case Frame.Delivered _, Frame.Read _, Frame.ReadReceipt _ -> width;
            case Frame.Hello _, Frame.Welcome _, Frame.RegisterKey _, Frame.Resume _, Frame.Resumed _ -> width;
            case Frame.Accepted _, Frame.Received _, Frame.Ping _, Frame.Refused _ -> width;
        };
    }

    private static int textMinusField(Body body, boolean padded) {
        return body.utf8().length - (padded ? body.codePoints() : Field.TEXT_WIDTH);
    }

    private static int emptySlots(List<ClientId> members, int slots) {
        return Field.ID_WIDTH * (slots - members.size());
    }

    private static void write(Frame frame, boolean padded, byte[] to, int start, int length) {
        FrameWriter row = new FrameWriter(frame.type(), padded, to, start);
        row.code();
        switch (frame) {
            case Frame.Register() -> {}
            case Frame.Registered(ClientId id) -> row.id("id", id.value());
            case Frame.Connect(ClientId id) -> row.id("id", id.value());
            case Frame.Connected(ClientId id) -> row.id("id", id.value());
            case Frame.Send(ClientId src, Address dst, PosixTime sentAt, Body body) ->
                row.id("src", src.value())
                        .id("dst", dst.value())
                        .time("timestamp", sentAt)
                        .text("data", body);
            case Frame.Deliver(ClientId src, Address dst, PosixTime sentAt, Body body) ->
                row.id("src", src.value())
                        .id("dst", dst.value())
                        .time("timestamp", sentAt)
                        .text("data", body);
            case Frame.Delivered(ClientId dst, PosixTime upTo) ->
                row.id("dst", dst.value()).time("timestamp", upTo);
            case Frame.Read(ClientId src, PosixTime upTo) ->
                row.id("src", src.value()).time("timestamp", upTo);
            case Frame.ReadReceipt(ClientId dst, PosixTime upTo) ->
                row.id("dst", dst.value()).time("timestamp", upTo);
            case Frame.CreateGroup(ClientId creator, PosixTime sentAt, List<ClientId> members) ->
                row.id("creator", creator.value()).time("timestamp", sentAt).members("members", members);
            case Frame.GroupCreated(GroupId id, PosixTime createdAt, List<ClientId> members) ->
                row.id("id", id.value()).time("timestamp", createdAt).members("members", members);
            case Frame.Hello(int version) -> row.number("version", Kind.VERSION, version);
            case Frame.Welcome(int version, Nonce nonce) ->
                row.number("version", Kind.VERSION, version).hex("nonce", Kind.KEY, nonce.bytes());
            case Frame.RegisterKey(PublicKeyBytes key, StreamId stream, SignatureBytes signature) ->
                row.hex("key", Kind.KEY, key.bytes())
                        .number("stream", Kind.STREAM, stream.value())
                        .hex("signature", Kind.SIGNATURE, signature.bytes());
            case Frame.Resume resume ->
                row.id("id", resume.id().value())
                        .number("stream", Kind.STREAM, resume.stream().value())
                        .number("accepted", Kind.COUNT, resume.accepted())
                        .position("position", resume.position())
                        .digest("digest", resume.digest())
                        .hex("signature", Kind.SIGNATURE, resume.signature().bytes());
            case Frame.Resumed resumed ->
                row.number("accepted", Kind.COUNT, resumed.accepted())
                        .digest("stream digest", resumed.streamDigest())
                        .position("at", resumed.at())
                        .position("position", resumed.position())
                        .digest("digest", resumed.digest());
            case Frame.Accepted(long accepted, Position at) ->
                row.number("accepted", Kind.COUNT, accepted).position("at", at);
            case Frame.Message(ClientId src, Address dst, PosixTime sentAt, MessageId messageId, Body body) ->
                row.id("src", src.value())
                        .id("dst", dst.value())
                        .time("timestamp", sentAt)
                        .number("message id", Kind.MESSAGE_ID, messageId.value())
                        .text("text", body);
            case Frame.Received(Position position) -> row.position("position", position);
            case Frame.Ping() -> {}
            case Frame.Refused(long ordinal, Reason reason) ->
                row.number("ordinal", Kind.COUNT, ordinal).number("reason", Kind.REASON, reason.code());
        }
        row.finish(start + length);
    }

    private void code() {
        Digits.write(type.codeNumber(), to, at, Field.CODE_WIDTH);
        at += Field.CODE_WIDTH;
    }

    private Field next(String name, Kind kind) {
        Field field = fieldsGiven < type.fields().size() ? type.fields().get(fieldsGiven) : null;
        if (field == null || !field.name().equals(name) || field.kind() != kind) {
            throw new IllegalStateException(type + " has no field " + name + " of " + kind + " here, but " + field);
        }
        fieldsGiven++;
        return field;
    }

    private void finish(int expectedEnd) {
        if (fieldsGiven != type.fields().size()) {
            throw new IllegalStateException(type + " was written without its field "
                    + type.fields().get(fieldsGiven).name());
        }
        if (at != expectedEnd) {
            throw new IllegalStateException(type + " was written with " + (at - expectedEnd) + " bytes too many");
        }
    }

    private FrameWriter id(String name, long id) {
        return number(name, Kind.ID, id);
    }

    private FrameWriter time(String name, PosixTime time) {
        return number(name, Kind.TIME, time.seconds());
    }

    private FrameWriter number(String name, Kind kind, long value) {
        Field field = next(name, kind);
        Digits.write(value, to, at, field.width());
        at += field.width();
        return this;
    }

    private FrameWriter position(String name, Position position) {
        return number(name, Kind.COUNT, position.value());
    }

    private FrameWriter digest(String name, HistoryDigest digest) {
        Field field = next(name, Kind.DIGEST);
        HistoryDigest.write(digest.value(), to, at);
        at += field.width();
        return this;
    }

    private FrameWriter text(String name, Body body) {
        Field field = next(name, Kind.TEXT);
        byte[] utf8 = body.utf8();
        System.arraycopy(utf8, 0, to, at, utf8.length);
        at += utf8.length;
        pad(field.width() - body.codePoints());
        return this;
    }

    private FrameWriter members(String name, List<ClientId> members) {
        Field field = next(name, Kind.MEMBERS);
        for (ClientId member : members) {
            Digits.write(member.value(), to, at, Field.ID_WIDTH);
            at += Field.ID_WIDTH;
        }
        pad(field.width() - members.size() * Field.ID_WIDTH);
        return this;
    }

    private void pad(int blanks) {
        if (padded) {
            Arrays.fill(to, at, at + blanks, (byte) ' ');
            at += blanks;
        }
    }

    private FrameWriter hex(String name, Kind kind, byte[] value) {
        Field field = next(name, kind);
        if (field.width() != 2 * value.length) {
            throw new IllegalStateException(
                    name + " has room for " + field.width() / 2 + " bytes, not " + value.length);
        }
        for (byte b : value) {
            to[at++] = HEX_DIGITS[(b >> 4) & 0xF];
            to[at++] = HEX_DIGITS[b & 0xF];
        }
        return this;
    }
}
