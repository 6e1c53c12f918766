package zap.protocol;

import org.jspecify.annotations.Nullable;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Sender;
import zap.protocol.FrameType.Wire;
import zap.protocol.MalformedFrameException.Fault;
import zap.protocol.RecvDecoder.Follows;

/** Reads one short frame, and finds its end: the part of {@link RecvDecoder} without state. */
final class RecvReader {

    /** The appearance of the bytes at some place. */
    private enum Beginning {
        /** Not a frame of this session's own. */
        NONE,
        /** It may become a frame: too few bytes have come to decide. */
        POSSIBLE,
        /** A frame begins here. */
        VISIBLE
    }

    private final byte[] bytes;
    private final int limit;
    private final Follows follows;
    private final byte @Nullable [] ownId;
    private final FrameReader reader;

    /**
     * The place just past the bytes that the frame takes off the wire: its last character, or the line break after it.
     */
    private int consumedTo;

    /**
     * @param ownId the digits of this session's own id, once it is known
     */
    RecvReader(byte[] bytes, int start, int limit, Follows follows, byte @Nullable [] ownId) {
        this.bytes = bytes;
        this.limit = limit;
        this.follows = follows;
        this.ownId = ownId;
        this.reader = new FrameReader(bytes, start, limit, RecvReader::isSpokenHere);
    }

    private static boolean isSpokenHere(FrameType type) {
        return type.sender() == Sender.CLIENT && type.wire() == Wire.EVERY;
    }

    /**
     * Reads the frame that begins at the start.
     *
     * @return the frame, or null when its end is not known yet
     * @throws MalformedFrameException when the bytes are not a frame
     */
    @Nullable
    Frame read() throws MalformedFrameException {
        if (!reader.judgeFixedPart()) {
            return null;
        }
        boolean ended = switch (reader.type()) {
            case SEND -> findEndOfText();
            case CREATE_GROUP -> findEndOfMembers();
            default -> endAt(reader.fixedEnd(), 0, reader.fixedEnd());
        };
        return ended ? reader.frame() : null;
    }

    int consumedTo() {
        return consumedTo;
    }

    private boolean endAt(int end, int textCodePoints, int consumedTo) {
        reader.endAt(end, textCodePoints);
        this.consumedTo = consumedTo;
        return true;
    }

    private boolean moreMayCome() {
        return follows == Follows.MORE_MAY_COME;
    }

    private boolean findEndOfText() throws MalformedFrameException {
        int from = reader.fixedEnd();
        int at = from;
        int codePoints = 0;
        while (codePoints < Field.TEXT_WIDTH) {
            if (at == limit) {
                return !moreMayCome() && endTextAt(from, at, codePoints, at);
            }
            if (bytes[at] == '\n') {
                return endTextAt(from, at, codePoints, at + 1);
            }
            Beginning beginning = beginningAt(at);
            if (beginning == Beginning.VISIBLE) {
                return endTextAt(from, at, codePoints, at);
            }
            if (beginning == Beginning.POSSIBLE && moreMayCome()) {
                return false;
            }
            int length = Utf8.length(bytes, at, limit);
            if (length == Utf8.INCOMPLETE && moreMayCome()) {
                return false;
            }
            if (length <= 0) {
                throw reader.malformed(Fault.NOT_UTF8, "data", at);
            }
            at += length;
            codePoints++;
        }
        if (bytes[at - 1] == '\r') {
            // A full width less one, and then the CR of a CR LF.
            return endTextAt(from, at, codePoints, at);
        }
        // Padded by its sender, so everything before the padding is content, even a CR.
        int end = at;
        while (end > from && (bytes[end - 1] == ' ' || bytes[end - 1] == 0)) {
            end--;
        }
        return endAt(end, codePoints - (at - end), at);
    }

    /** Ends the text, without the characters that would be skipped if they stood between two frames. */
    private boolean endTextAt(int from, int at, int codePoints, int consumedTo) {
        int end = at;
        while (end > from && RecvDecoder.isFiller(bytes[end - 1])) {
            end--;
        }
        return endAt(end, codePoints - (at - end), consumedTo);
    }

    private boolean findEndOfMembers() throws MalformedFrameException {
        int slot = reader.fixedEnd();
        int fullEnd = slot + FrameType.CREATE_GROUP.fields().getLast().width();
        while (slot < fullEnd) {
            int at = slot;
            int slotEnd = slot + Field.ID_WIDTH;
            while (at < Math.min(slotEnd, limit) && bytes[at] == ' ') {
                at++;
            }
            if (at == slotEnd) {
                slot = slotEnd;
                continue;
            }
            if (at == limit) {
                return !moreMayCome() && endAt(slot, 0, at);
            }
            if (RecvDecoder.isFiller(bytes[at])) {
                return endAt(slot, 0, bytes[at] == '\n' ? at + 1 : at);
            }
            Beginning beginning = beginningAt(at);
            if (beginning == Beginning.VISIBLE) {
                return endAt(slot, 0, at);
            }
            if (beginning == Beginning.POSSIBLE && moreMayCome()) {
                return false;
            }
            if (at > slot) {
                throw reader.malformed(Fault.BAD_SLOT, "members", at);
            }
            while (at < Math.min(slotEnd, limit)) {
                if (!Digits.isDigit(bytes[at])) {
                    throw reader.malformed(Fault.NOT_A_DIGIT, "members", at);
                }
                at++;
            }
            if (at < slotEnd) {
                if (moreMayCome()) {
                    return false;
                }
                throw reader.malformed(Fault.CUT_MEMBER, "members", slot);
            }
            slot = slotEnd;
        }
        return endAt(slot, 0, slot);
    }

    /**
     * Returns whether a message or a group of this session's own begins here: its code, the own id, and digits up to
     * the end of the fixed part. When nothing follows, the own id and one more digit are enough, because the rest was
     * cut off.
     */
    private Beginning beginningAt(int at) {
        byte[] id = ownId;
        if (id == null) {
            return Beginning.NONE;
        }
        FrameType type;
        if (bytes[at] == '0') {
            type = FrameType.SEND;
        } else if (bytes[at] == '1') {
            type = FrameType.CREATE_GROUP;
        } else {
            return Beginning.NONE;
        }
        int fixedWidth = type.width() - type.fields().getLast().width();
        int idEnd = Field.CODE_WIDTH + Field.ID_WIDTH;
        for (int i = 1; i < fixedWidth; i++) {
            if (at + i == limit) {
                return i > idEnd && !moreMayCome() ? Beginning.VISIBLE : Beginning.POSSIBLE;
            }
            byte b = bytes[at + i];
            boolean fits;
            if (i < Field.CODE_WIDTH) {
                fits = b == type.code().charAt(i);
            } else if (i < idEnd) {
                fits = b == id[i - Field.CODE_WIDTH];
            } else {
                fits = Digits.isDigit(b);
            }
            if (!fits) {
                return Beginning.NONE;
            }
        }
        return Beginning.VISIBLE;
    }
}
