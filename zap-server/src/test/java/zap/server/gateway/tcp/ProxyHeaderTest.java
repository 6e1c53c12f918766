package zap.server.gateway.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.server.gateway.session.CloseReason;

class ProxyHeaderTest {

    private static final InetSocketAddress CLIENT = client("203.0.113.7", 54321);
    private static final InetSocketAddress CLIENT6 = client("2001:db8::7", 54321);
    private static final byte[] FRAME = "031000000000017".getBytes(StandardCharsets.US_ASCII);

    @Test
    void itNamesTheClientOverIpv4AndIpv6() throws IOException {
        assertThat(read(ProxyHeaders.of(CLIENT))).isEqualTo(new ProxyHeader(CLIENT));
        assertThat(read(ProxyHeaders.of(CLIENT6))).isEqualTo(new ProxyHeader(CLIENT6));
        assertThat(read(ProxyHeaders.of(client("255.255.255.255", 65535))))
                .isEqualTo(new ProxyHeader(client("255.255.255.255", 65535)));
    }

    /** Limits count an IPv4 address once, however it is written. */
    @Test
    void anIpv4AddressWithinIpv6IsOneOfIpv4() throws IOException {
        byte[] addresses = new byte[36];
        addresses[10] = (byte) 0xFF;
        addresses[11] = (byte) 0xFF;
        System.arraycopy(CLIENT.getAddress().getAddress(), 0, addresses, 12, 4);

        assertThat(read(ProxyHeaders.header(0x21, 0x21, addresses)))
                .isEqualTo(new ProxyHeader(new InetSocketAddress(CLIENT.getAddress(), 0)));
    }

    @Test
    void extensionsAreSkipped() throws IOException {
        byte[] addresses = ProxyHeaders.addresses(CLIENT, CLIENT);
        byte[] longer = Arrays.copyOf(addresses, 65_535);
        Arrays.fill(longer, addresses.length, longer.length, (byte) '0');
        var input = new ByteArrayInputStream(with(ProxyHeaders.header(0x21, 0x11, longer), FRAME));

        assertThat(ProxyHeader.read(input)).isEqualTo(new ProxyHeader(CLIENT));
        assertThat(input.readAllBytes()).isEqualTo(FRAME);
    }

    /** Command, family and transport, length of the rest: valid, and without a client's address. */
    @ParameterizedTest
    @CsvSource({
        "0x20, 0x00, 0", // LOCAL
        "0x20, 0x11, 12",
        "0x20, 0xFF, 7", // its family is not looked at
        "0x21, 0x00, 0", // UNSPEC
        "0x21, 0x00, 40",
        "0x21, 0x01, 0",
        "0x21, 0x10, 0", // IPv4, of no transport protocol
        "0x21, 0x12, 12", // UDP
        "0x21, 0x22, 36",
        "0x21, 0x31, 216", // UNIX
        "0x21, 0x32, 216",
    })
    void whereNoClientOfTcpIsNamedTheConnectionsOwnAddressCounts(int command, int family, int length)
            throws IOException {
        byte[] header = ProxyHeaders.header(command, family, new byte[length]);
        var input = new ByteArrayInputStream(with(header, FRAME));

        assertThat(ProxyHeader.read(input)).isEqualTo(new ProxyHeader(null));
        assertThat(input.readAllBytes()).isEqualTo(FRAME);
    }

    @ParameterizedTest
    @CsvSource({
        "0x11, 0x11, 12, its version is 1",
        "0x31, 0x11, 12, its version is 3",
        "0x22, 0x11, 12, its command is 2",
        "0x2F, 0x11, 12, its command is 15",
        "0x21, 0x41, 12, its address family is 4",
        "0x21, 0xF1, 12, its address family is 15",
        "0x21, 0x13, 12, its transport protocol is 3",
        "0x21, 0x1F, 12, its transport protocol is 15",
        "0x21, 0x11, 11, 'its addresses take 12 bytes, and its length is 11'",
        "0x21, 0x12, 0, 'its addresses take 12 bytes, and its length is 0'",
        "0x21, 0x21, 35, 'its addresses take 36 bytes, and its length is 35'",
        "0x21, 0x31, 215, 'its addresses take 216 bytes, and its length is 215'",
    })
    void aWrongFieldIsNamed(int command, int family, int length, String why) {
        byte[] header = ProxyHeaders.header(command, family, new byte[length]);

        assertThatThrownBy(() -> read(header)).isInstanceOfSatisfying(ProxyHeaderException.class, e -> {
            assertThat(e.reason()).isEqualTo(CloseReason.NO_PROXY_HEADER);
            assertThat(e).hasMessage(why);
        });
    }

    @Test
    void version1IsNamed() {
        byte[] header = "PROXY TCP4 203.0.113.7 10.0.0.5 54321 7777\r\n".getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> read(header))
                .isInstanceOf(ProxyHeaderException.class)
                .hasMessage("its version is 1");
    }

    /** Nothing more is waited for: a program that is no proxy waits for a reply to its 01. */
    @Test
    void anyOtherByteOfTheSignatureIsRefusedAsSoonAsItIsThere() {
        byte[] header = ProxyHeaders.of(CLIENT);
        for (int wrong = 0; wrong < 12; wrong++) {
            byte[] begun = Arrays.copyOf(header, wrong + 1);
            begun[wrong] ^= 0x20;

            assertThatThrownBy(() -> ProxyHeader.read(new Pieces(begun, 1, false)))
                    .as("byte %d", wrong)
                    .isInstanceOf(ProxyHeaderException.class)
                    .hasMessage("the connection begins with other bytes");
        }
    }

    @Test
    void itMayComeInPiecesCutAnywhereAndNoByteBehindItIsTaken() throws IOException {
        for (InetSocketAddress client : List.of(CLIENT, CLIENT6)) {
            byte[] header = ProxyHeaders.of(client);
            byte[] all = with(header, FRAME);
            for (int piece = 1; piece <= all.length; piece++) {
                var input = new Pieces(all, piece, true);

                assertThat(ProxyHeader.read(input)).isEqualTo(new ProxyHeader(client));
                assertThat(input.readAllBytes()).as("pieces of %d", piece).isEqualTo(FRAME);
            }
        }
    }

    @Test
    void aStreamThatEndsInsideItIsRefusedAndOneThatEndsBeforeItHasNone() throws IOException {
        byte[] header = ProxyHeaders.of(CLIENT);
        assertThat(read(new byte[0])).isNull();
        for (int cut = 1; cut < header.length; cut++) {
            byte[] part = Arrays.copyOf(header, cut);

            assertThatThrownBy(() -> read(part))
                    .as("cut after %d bytes", cut)
                    .isInstanceOf(ProxyHeaderException.class)
                    .hasMessage("the stream ended inside it");
        }
    }

    /** A health check resets the connection before the first byte; inside a header it is a connection that broke. */
    @Test
    void aResetBeforeTheFirstByteIsToldFromOneInsideIt() {
        assertThatThrownBy(() -> ProxyHeader.read(new Pieces(new byte[0], 1, false)))
                .isInstanceOf(SocketException.class);
        for (int cut = 1; cut < 28; cut++) {
            byte[] part = Arrays.copyOf(ProxyHeaders.of(CLIENT), cut);

            assertThatIOException()
                    .isThrownBy(() -> ProxyHeader.read(new Pieces(part, 5, false)))
                    .isNotInstanceOf(SocketException.class)
                    .withMessageStartingWith("the connection broke inside the PROXY protocol header");
        }
    }

    @Test
    void arbitraryBytesAreAHeaderOrRefused() {
        for (long seed = 0; seed < 5_000; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            byte[] bytes = with(ProxyHeaders.of(random.nextBoolean() ? CLIENT : CLIENT6), new byte[random.nextInt(40)]);
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                bytes[12 + random.nextInt(bytes.length - 12)] = (byte) random.nextInt();
            }
            var input = new Pieces(bytes, 1 + random.nextInt(20), true);
            int length = 16 + Short.toUnsignedInt(ByteBuffer.wrap(bytes).getShort(14));
            try {
                assertThat(ProxyHeader.read(input)).as("seed %d", seed).isNotNull();
                assertThat(input.at).as("seed %d", seed).isEqualTo(length);
            } catch (ProxyHeaderException e) {
                assertThat(e.reason()).as("seed %d", seed).isEqualTo(CloseReason.NO_PROXY_HEADER);
            } catch (IOException | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** The same segment may hold the header and the first frames, on both framings. */
    @Test
    void bytesBehindTheHeaderArePartOfTheFirstBurst() throws IOException {
        for (int piece : new int[] {1, 16, 28, 1_000}) {
            var socket = new Pieces(with(ProxyHeaders.of(CLIENT), FRAME), piece, true);
            ProxyHeader[] heard = new ProxyHeader[1];
            var input = new FullWidthInput(new ProxiedInput(socket, socket, header -> heard[0] = header));

            assertThat(input.readBurst()).containsExactly(new Frame.Connect(new ClientId(1000000000017L)));
            assertThat(heard[0]).isEqualTo(new ProxyHeader(CLIENT));
            assertThatThrownBy(input::readBurst).isInstanceOf(SoftEndOfStreamException.class);
        }
    }

    /** A health check that connects and hangs up, or resets the connection, is no proxy that forgot its header. */
    @Test
    void whoHangsUpBeforeTheHeaderHasLeft() {
        for (boolean inOrder : new boolean[] {true, false}) {
            var socket = new Pieces(new byte[0], 1, inOrder);
            var input = new FullWidthInput(new ProxiedInput(socket, socket, _ -> {
                throw new AssertionError("there is no header");
            }));

            assertThatThrownBy(input::readBurst).isInstanceOf(SoftEndOfStreamException.class);
        }
    }

    private static ProxyHeader read(byte[] bytes) throws IOException {
        return ProxyHeader.read(new ByteArrayInputStream(bytes));
    }

    private static InetSocketAddress client(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    private static byte[] with(byte[] header, byte[] behind) {
        byte[] all = Arrays.copyOf(header, header.length + behind.length);
        System.arraycopy(behind, 0, all, header.length, behind.length);
        return all;
    }

    /** Bytes that come in pieces, and an end in order or a reset. */
    private static final class Pieces extends InputStream {

        private final byte[] bytes;
        private final int piece;
        private final boolean endsInOrder;
        private int at;

        private Pieces(byte[] bytes, int piece, boolean endsInOrder) {
            this.bytes = bytes;
            this.piece = piece;
            this.endsInOrder = endsInOrder;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (at == bytes.length && !endsInOrder) {
                throw new SocketException("Connection reset");
            }
            int count = Math.min(Math.min(piece - at % piece, bytes.length - at), length);
            if (count == 0) {
                return -1;
            }
            System.arraycopy(bytes, at, into, offset, count);
            at += count;
            return count;
        }
    }
}
