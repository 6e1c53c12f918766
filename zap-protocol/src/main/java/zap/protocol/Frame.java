package zap.protocol;

import java.util.List;

/**
 * One frame of the wire. Its meaning is in {@code docs/protocol.md}, its widths only in {@link FrameType}.
 *
 * <p>A receiver of frames switches over {@link FromClient} or {@link FromServer} without a {@code default}, so that a
 * new frame does not compile before every such switch handles it. No frame's {@code toString} shows message text.
 */
public sealed interface Frame permits Frame.FromClient, Frame.FromServer {

    /** Returns the row of the table that describes the form of this frame. */
    FrameType type();

    /** A frame that a client may send. */
    sealed interface FromClient extends Frame
            permits Register, Connect, Send, Read, CreateGroup, Hello, RegisterKey, Resume, Message, Received, Ping {}

    /** A frame that a server may send. */
    sealed interface FromServer extends Frame
            permits ForMailbox, Registered, Connected, Welcome, Resumed, Accepted, Refused, Ping {}

    /**
     * A frame that goes into a client's mailbox, because the client must receive it even if it is not connected now.
     */
    sealed interface ForMailbox extends FromServer permits Deliver, Message, Delivered, ReadReceipt, GroupCreated {}

    /** I am new: give me a number. */
    record Register() implements FromClient {
        @Override
        public FrameType type() {
            return FrameType.REGISTER;
        }
    }

    /** You are this client from now on, and this session already is. */
    record Registered(ClientId id) implements FromServer {
        @Override
        public FrameType type() {
            return FrameType.REGISTERED;
        }
    }

    /** I am this client: give me my mail. */
    record Connect(ClientId id) implements FromClient {
        @Override
        public FrameType type() {
            return FrameType.CONNECT;
        }
    }

    /** You are connected: said on the listener for short frames only, to programs that wait for it. */
    record Connected(ClientId id) implements FromServer {
        @Override
        public FrameType type() {
            return FrameType.CONNECTED;
        }
    }

    /** Give this text to that client or group. */
    record Send(ClientId src, Address dst, PosixTime sentAt, Body body) implements FromClient {
        @Override
        public FrameType type() {
            return FrameType.SEND;
        }
    }

    /** A text for you, or for a group that you are in: {@code dst} says which. */
    record Deliver(ClientId src, Address dst, PosixTime sentAt, Body body) implements ForMailbox {
        @Override
        public FrameType type() {
            return FrameType.DELIVER;
        }
    }

    /** All that you sent to that client up to then has been given to it. */
    record Delivered(ClientId dst, PosixTime upTo) implements ForMailbox {
        @Override
        public FrameType type() {
            return FrameType.DELIVERED;
        }
    }

    /** I have read all that came from that client up to then. */
    record Read(ClientId src, PosixTime upTo) implements FromClient {
        @Override
        public FrameType type() {
            return FrameType.READ;
        }
    }

    /** This client has read all that you sent to it up to then. */
    record ReadReceipt(ClientId dst, PosixTime upTo) implements ForMailbox {
        @Override
        public FrameType type() {
            return FrameType.READ_RECEIPT;
        }
    }

    /**
     * Make a group of me and these.
     *
     * @param members as they stood in the slots, empty ones left out, a repeated one kept: whether a group can be made
     *     of them is the server's decision
     */
    record CreateGroup(ClientId creator, PosixTime sentAt, List<ClientId> members) implements FromClient {
        /** Maximum number of members besides the creator: the slots of the frame. */
        public static final int MAX_MEMBERS = slots(FrameType.CREATE_GROUP);

        public CreateGroup {
            members = checkedMembers(members, MAX_MEMBERS);
        }

        @Override
        public FrameType type() {
            return FrameType.CREATE_GROUP;
        }
    }

    /**
     * You are in this group.
     *
     * @param members the creator first, then the others in the order in which they were named
     */
    record GroupCreated(GroupId id, PosixTime createdAt, List<ClientId> members) implements ForMailbox {
        /** Maximum number of members, including the creator: the slots of the frame. */
        public static final int MAX_MEMBERS = slots(FrameType.GROUP_CREATED);

        public GroupCreated {
            members = checkedMembers(members, MAX_MEMBERS);
        }

        @Override
        public FrameType type() {
            return FrameType.GROUP_CREATED;
        }
    }

    /** I want an assured session. */
    record Hello(int version) implements FromClient {
        public Hello {
            Digits.check(version, FrameType.Field.VERSION_WIDTH, "a version");
        }

        @Override
        public FrameType type() {
            return FrameType.HELLO;
        }
    }

    /** You have it; sign this when you say who you are. */
    record Welcome(int version, Nonce nonce) implements FromServer {
        public Welcome {
            Digits.check(version, FrameType.Field.VERSION_WIDTH, "a version");
        }

        @Override
        public FrameType type() {
            return FrameType.WELCOME;
        }
    }

    /** I am new, this is my key, and I number my frames on this stream. */
    record RegisterKey(PublicKeyBytes key, StreamId stream, SignatureBytes signature) implements FromClient {
        @Override
        public FrameType type() {
            return FrameType.REGISTER_KEY;
        }
    }

    /**
     * I am this client, I number my frames on this stream, and I have my mail up to this position.
     *
     * @param accepted the number of frames of the stream that the client knows as accepted
     * @param digest the digest of the client's mailbox at the position, as the client knows it
     */
    record Resume(
            ClientId id,
            StreamId stream,
            long accepted,
            Position position,
            HistoryDigest digest,
            SignatureBytes signature)
            implements FromClient {
        public Resume {
            Digits.check(accepted, FrameType.Field.COUNT_WIDTH, "how many are accepted");
        }

        @Override
        public FrameType type() {
            return FrameType.RESUME;
        }
    }

    /**
     * I have accepted this number of your frames, and your mail goes on after this position.
     *
     * @param streamDigest the digest of the stream at its last accepted frame
     * @param at the last position of the client's mailbox when {@code accepted} rose to its present value
     * @param digest the digest of the mailbox at the position
     */
    record Resumed(long accepted, HistoryDigest streamDigest, Position at, Position position, HistoryDigest digest)
            implements FromServer {
        public Resumed {
            Digits.check(accepted, FrameType.Field.COUNT_WIDTH, "how many are accepted");
        }

        @Override
        public FrameType type() {
            return FrameType.RESUMED;
        }
    }

    /**
     * I have accepted this number of your frames, for good.
     *
     * @param at the last position of the client's mailbox when {@code accepted} rose to its present value
     */
    record Accepted(long accepted, Position at) implements FromServer {
        public Accepted {
            Digits.check(accepted, FrameType.Field.COUNT_WIDTH, "how many are accepted");
        }

        @Override
        public FrameType type() {
            return FrameType.ACCEPTED;
        }
    }

    /**
     * A text with an identity: from a client it corresponds to {@link Send}, from a server to {@link Deliver}.
     *
     * @param messageId drawn once by the client that wrote the text; with src, dst and timestamp it identifies the
     *     message, however often it comes
     */
    record Message(ClientId src, Address dst, PosixTime sentAt, MessageId messageId, Body body)
            implements FromClient, ForMailbox {
        @Override
        public FrameType type() {
            return FrameType.MESSAGE;
        }

        /** Returns the form in which a base session gets this message. */
        public Deliver withoutId() {
            return new Deliver(src, dst, sentAt, body);
        }
    }

    /** I have my mail up to this position on my own disk. */
    record Received(Position position) implements FromClient {
        @Override
        public FrameType type() {
            return FrameType.RECEIVED;
        }
    }

    /** Are you there? And the answer: I am. */
    record Ping() implements FromClient, FromServer {
        @Override
        public FrameType type() {
            return FrameType.PING;
        }
    }

    /**
     * No, and why.
     *
     * @param ordinal the number of the frame in the stream, from 1; 0 is the session as a whole
     */
    record Refused(long ordinal, Reason reason) implements FromServer {
        public Refused {
            Digits.check(ordinal, FrameType.Field.COUNT_WIDTH, "an ordinal");
        }

        @Override
        public FrameType type() {
            return FrameType.REFUSED;
        }
    }

    private static int slots(FrameType type) {
        return type.fields().getLast().width() / FrameType.Field.ID_WIDTH;
    }

    private static List<ClientId> checkedMembers(List<ClientId> members, int max) {
        if (members.size() > max) {
            throw new IllegalArgumentException("the frame has room for " + max + " members, not " + members.size());
        }
        for (ClientId member : members) {
            if (member.value() == 0) {
                throw new IllegalArgumentException(
                        "no member has the number " + member + ": it reads as an empty slot");
            }
        }
        return List.copyOf(members);
    }
}
