package zap.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A small capture of the protocol in pcap format, without a network: {@code ops/tools/wireshark/conversation.pcap}.
 *
 * <p>It is made of the golden frames, and of frames by the encoders where a conversation needs other ids or numbers.
 * Each connection is a TCP conversation between IPv4 addresses that are reserved for documentation, with correct
 * checksums. The clock begins at the second of the golden frames and moves 10 ms with each packet.
 */
final class ConversationCapture {

    /** The port of full-width frames. */
    static final int FULL_WIDTH = 7777;

    /** The port of short frames. */
    static final int SHORT = 7778;

    private static final int MAGIC_OF_MICROSECONDS = 0xA1B2C3D4;
    private static final int LINK_TYPE_RAW_IP = 101;
    private static final int SNAP_LENGTH = 65_535;
    private static final int IP_HEADER = 20;
    private static final int TCP_HEADER = 20;
    private static final long FIRST_SECOND = 1_795_372_030L;
    private static final int MICROS_BETWEEN_PACKETS = 10_000;
    private static final int SERVER = 0xC0000201; // 192.0.2.1

    private static final int FIN = 0x01;
    private static final int SYN = 0x02;
    private static final int PSH = 0x08;
    private static final int ACK = 0x10;

    private static final ClientId ANA = ClientId.parse("1000000000017");
    private static final ClientId BOB = ClientId.parse("1739250018846");
    private static final ClientId EVA = ClientId.parse("1000000000999");
    private static final PosixTime NOW = PosixTime.parse("1795372030");

    private final ByteBuffer out = ByteBuffer.allocate(64 * 1024).order(ByteOrder.LITTLE_ENDIAN);
    private final SequencedMap<Integer, List<Expected>> frames = new LinkedHashMap<>();
    private int packets;

    /** A frame in the capture: its row, and the values of each field by name: one, or as many as there are members. */
    record Expected(FrameType type, SequencedMap<String, List<String>> values) {}

    private ConversationCapture() {
        out.putInt(MAGIC_OF_MICROSECONDS).putShort((short) 2).putShort((short) 4);
        out.putInt(0).putInt(0).putInt(SNAP_LENGTH).putInt(LINK_TYPE_RAW_IP);
    }

    /** Returns the conversation that the repository keeps. */
    static ConversationCapture ofEverything() {
        var capture = new ConversationCapture();
        capture.base();
        capture.wrong();
        capture.assured();
        capture.registeredWithKey();
        capture.shortFrames();
        return capture;
    }

    /** Returns the file. */
    byte[] bytes() {
        byte[] file = new byte[out.position()];
        out.get(0, file);
        return file;
    }

    /** Returns for each packet, by its number from 1 on, the frames that end in it. */
    Map<Integer, List<Expected>> frames() {
        return frames;
    }

    /**
     * Base frames between three clients: one frame over two segments, two frames in one segment, and at the end a 07
     * with a clock of its own.
     */
    private void base() {
        var ana = new Connection(50_017, 17, FULL_WIDTH);
        var bob = new Connection(50_018, 18, FULL_WIDTH);
        var eva = new Connection(50_019, 19, FULL_WIDTH);
        ana.says(golden("01-register"));
        ana.hears(golden("02-registered"));
        bob.says(full(new Frame.Connect(BOB)));
        eva.says(full(new Frame.Connect(EVA)));
        ana.saysInTwoSegments(golden("05-send"), 100);
        bob.hears(golden("06-deliver"));
        ana.hears(golden("07-delivered"));
        bob.says(golden("08-read"));
        ana.hears(golden("09-read-receipt"));
        ana.says(golden("10-create-group"));
        ana.hears(golden("11-group-created"));
        bob.hears(golden("11-group-created"));
        eva.hears(golden("11-group-created"));
        ana.says(golden("05-send-to-a-group"), golden("05-send-218-parrots"));
        bob.hears(
                golden("06-deliver-from-a-group"),
                full(new Frame.Deliver(ANA, BOB.asAddress(), NOW, Body.of("🦜".repeat(218)))));
        eva.hears(golden("06-deliver-from-a-group"));
        ana.hears(golden("07-delivered"), full(new Frame.Delivered(EVA, NOW)));
        ana.hears(full(new Frame.Delivered(EVA, PosixTime.parse("1795372033"))));
        ana.closes();
        bob.closes();
        eva.closes();
    }

    /** Mistakes of a client: each has an expert item. */
    private void wrong() {
        var early = new Connection(50_020, 20, FULL_WIDTH);
        early.says(golden("05-send"));
        early.says(golden("03-connect"));
        early.says(full(new Frame.Send(EVA, BOB.asAddress(), NOW, Body.of("I am Eva"))));
        early.says(golden("06-deliver"));
        early.says(full(new Frame.Send(ANA, BOB.asAddress(), NOW, Body.of("a\0b"))));
        early.saysBytes("05" + ANA + BOB + "17953720x0");
        early.closes();
        var http = new Connection(50_021, 21, FULL_WIDTH);
        http.saysBytes("GET / HTTP/1.1\r\n\r\n");
        http.closes();
    }

    /** An assured session of a client with a key, with the numbers of 34 carried on. */
    private void assured() {
        var ana = new Connection(50_030, 17, FULL_WIDTH);
        ana.says(golden("30-hello"));
        ana.hears(golden("31-welcome"));
        ana.says(golden("33-resume"));
        ana.hears(golden("34-resumed"));
        ana.hears(golden("36-message-from-the-server"));
        ana.says(full(new Frame.Received(new Position(5))));
        ana.says(golden("36-message-from-the-client"));
        ana.hears(full(new Frame.Accepted(3, new Position(5))));
        ana.says(full(new Frame.Send(ANA, EVA.asAddress(), NOW, Body.of("?"))));
        ana.hears(full(new Frame.Refused(4, Reason.UNKNOWN_CLIENT)));
        ana.says(golden("38-ping"));
        ana.hears(golden("38-ping"));
        ana.closes();
    }

    private void registeredWithKey() {
        var ana = new Connection(50_031, 17, FULL_WIDTH);
        ana.says(golden("30-hello"));
        ana.hears(golden("31-welcome"));
        ana.says(golden("32-register-key"));
        ana.hears(golden("02-registered"));
        ana.hears(golden("34-resumed"));
        ana.says(golden("37-received"));
        ana.hears(golden("35-accepted"));
        ana.hears(golden("39-refused"));
        ana.hears(golden("39-refused-session"));
        ana.closes();
    }

    /** Short frames: a 04, two frames in one segment, one over two segments, and a packet that is no frame. */
    private void shortFrames() {
        var ana = new Connection(50_040, 17, SHORT);
        var bob = new Connection(50_041, 18, SHORT);
        PosixTime later = PosixTime.parse("1795372050");
        ana.says(brief(golden("03-connect")));
        ana.hears(brief(new Frame.Connected(ANA)));
        bob.says(brief(new Frame.Connect(BOB)));
        bob.hears(brief(new Frame.Connected(BOB)));
        Frame one = new Frame.Send(ANA, BOB.asAddress(), later, Body.of("um"));
        Frame two = new Frame.Send(ANA, BOB.asAddress(), later, Body.of("dois: olá"));
        ana.says(brief(one), brief(two));
        ana.hears(brief(new Frame.Delivered(BOB, later)));
        bob.hears(brief(new Frame.Deliver(ANA, BOB.asAddress(), later, Body.of("um"))));
        bob.hears(brief(new Frame.Deliver(ANA, BOB.asAddress(), later, Body.of("dois: olá"))));
        bob.saysInTwoSegments(brief(new Frame.Read(ANA, later)), 9);
        ana.hears(brief(new Frame.ReadReceipt(BOB, later)));
        ana.says(brief(golden("10-create-group")));
        ana.saysBytes("Oi, Bob\n");
        ana.closes();
        bob.closes();
    }

    /** One frame as it goes over the wire, and its row. */
    private record Spoken(byte[] bytes, Frame frame) {}

    private static Spoken golden(String name) {
        byte[] bytes = GoldenFrame.named(name).bytes();
        try {
            Frame frame = new FrameDecoder().decode(ByteBuffer.wrap(bytes));
            if (frame == null) {
                throw new IllegalStateException(name + " is not a whole frame");
            }
            return new Spoken(bytes, frame);
        } catch (MalformedFrameException e) {
            throw new IllegalStateException(name, e);
        }
    }

    private static Spoken full(Frame frame) {
        return new Spoken(new FrameEncoder().encode(frame), frame);
    }

    private static Spoken brief(Frame frame) {
        return new Spoken(new RecvEncoder().encode(frame), frame);
    }

    private static Spoken brief(Spoken full) {
        return brief(full.frame());
    }

    /** A TCP connection of a client with the server. */
    private final class Connection {

        private final int port;
        private final int address;
        private final int serverPort;
        private int fromClient = 1_000;
        private int fromServer = 5_000;

        Connection(int port, int host, int serverPort) {
            this.port = port;
            this.address = (SERVER & 0xFFFFFF00) | host;
            this.serverPort = serverPort;
            packet(true, SYN, new byte[0]);
            packet(false, SYN | ACK, new byte[0]);
            packet(true, ACK, new byte[0]);
        }

        void says(Spoken... spoken) {
            segment(true, spoken);
        }

        void hears(Spoken... spoken) {
            segment(false, spoken);
        }

        void saysInTwoSegments(Spoken spoken, int bytesOfTheFirst) {
            var bytes = ByteBuffer.wrap(spoken.bytes());
            byte[] first = new byte[bytesOfTheFirst];
            byte[] second = new byte[bytes.remaining() - bytesOfTheFirst];
            bytes.get(first).get(second);
            packet(true, PSH | ACK, first);
            packet(true, PSH | ACK, second);
            expect(spoken);
        }

        void saysBytes(String characters) {
            packet(true, PSH | ACK, characters.getBytes(StandardCharsets.UTF_8));
        }

        void closes() {
            packet(true, FIN | ACK, new byte[0]);
            packet(false, FIN | ACK, new byte[0]);
            packet(true, ACK, new byte[0]);
        }

        private void segment(boolean byClient, Spoken... spoken) {
            int length = 0;
            for (Spoken one : spoken) {
                length += one.bytes().length;
            }
            var bytes = ByteBuffer.allocate(length);
            for (Spoken one : spoken) {
                bytes.put(one.bytes());
            }
            packet(byClient, PSH | ACK, bytes.array());
            for (Spoken one : spoken) {
                expect(one);
            }
        }

        private void expect(Spoken spoken) {
            frames.computeIfAbsent(packets, _ -> new ArrayList<>()).add(expected(spoken));
        }

        private void packet(boolean byClient, int flags, byte[] payload) {
            long micros = (long) packets * MICROS_BETWEEN_PACKETS;
            int length = IP_HEADER + TCP_HEADER + payload.length;
            out.putInt((int) (FIRST_SECOND + micros / 1_000_000)).putInt((int) (micros % 1_000_000));
            out.putInt(length).putInt(length);
            out.put(ipPacket(byClient, flags, payload, length));
            packets++;
            int sequenceNumbers = payload.length + ((flags & (SYN | FIN)) != 0 ? 1 : 0);
            if (byClient) {
                fromClient += sequenceNumbers;
            } else {
                fromServer += sequenceNumbers;
            }
        }

        private byte[] ipPacket(boolean byClient, int flags, byte[] payload, int length) {
            var packet = ByteBuffer.allocate(length);
            packet.put((byte) 0x45).put((byte) 0).putShort((short) length);
            packet.putShort((short) (packets + 1)).putShort((short) 0x4000);
            packet.put((byte) 64).put((byte) 6).putShort((short) 0);
            packet.putInt(byClient ? address : SERVER).putInt(byClient ? SERVER : address);
            packet.putShort((short) (byClient ? port : serverPort)).putShort((short) (byClient ? serverPort : port));
            packet.putInt(byClient ? fromClient : fromServer);
            packet.putInt((flags & ACK) == 0 ? 0 : byClient ? fromServer : fromClient);
            packet.put((byte) (TCP_HEADER / 4 << 4)).put((byte) flags).putShort((short) 65_000);
            packet.putShort((short) 0).putShort((short) 0);
            packet.put(payload);
            byte[] bytes = packet.array();
            packet.putShort(10, checksum(bytes, 0, IP_HEADER, 0));
            int pseudoHeader = 6 + TCP_HEADER + payload.length;
            for (int at = 12; at < IP_HEADER; at += 2) {
                pseudoHeader += packet.getShort(at) & 0xFFFF;
            }
            packet.putShort(IP_HEADER + 16, checksum(bytes, IP_HEADER, length, pseudoHeader));
            return bytes;
        }
    }

    /** Returns the Internet checksum of these bytes. */
    private static short checksum(byte[] bytes, int from, int to, int start) {
        long sum = start;
        for (int at = from; at < to; at++) {
            sum += (bytes[at] & 0xFF) << ((at - from) % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return (short) ~sum;
    }

    /** Takes the frame apart by its row: the fields' characters, without padding and without empty slots. */
    private static Expected expected(Spoken spoken) {
        FrameType type = spoken.frame().type();
        int[] characters =
                new String(spoken.bytes(), StandardCharsets.UTF_8).codePoints().toArray();
        SequencedMap<String, List<String>> values = new LinkedHashMap<>();
        int at = FrameType.Field.CODE_WIDTH;
        for (FrameType.Field field : type.fields()) {
            int end = Math.min(at + field.width(), characters.length);
            String value = new String(characters, at, end - at);
            values.put(
                    field.name(),
                    switch (field.kind()) {
                        case TEXT -> List.of(value.replaceAll(" +$", ""));
                        case MEMBERS -> List.of(value.strip().split("(?<=\\G.{13})"));
                        default -> List.of(value);
                    });
            at = end;
        }
        return new Expected(type, values);
    }
}
