package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * A peer that is nothing but a socket: says exactly what it is told to, and hears exactly what came.
 *
 * <p>Every wait has a bound. A peer belongs to one thread at a time.
 */
public final class WireClient implements AutoCloseable {

    /** How long what must come may take: much longer than it ever does, even on a busy machine. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    /** zap.gateway.recv-gap, as it is when nobody sets it. */
    private static final Duration RECV_GAP = Duration.ofMillis(120);

    private static final int CONNECT_MILLIS = 20_000;
    private static final byte[] NOTHING = {};

    private final String name;
    private final Socket socket;
    private final InputStream in;
    private Duration patience = PATIENCE;
    private long lastRecvNanos = System.nanoTime();
    private byte[] came = NOTHING;
    private int at;

    private WireClient(String name, Socket socket) throws IOException {
        this.name = name;
        this.socket = socket;
        this.in = socket.getInputStream();
    }

    public static WireClient connect(String name, int port) {
        return connect(name, port, 0);
    }

    /** @param receiveBuffer SO_RCVBUF, so that a peer that does not read soon has no room; 0 leaves it to the system */
    public static WireClient connect(String name, int port, int receiveBuffer) {
        var socket = new Socket();
        try {
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return new WireClient(name, socket);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot connect", e);
        }
    }

    /** A peer over TLS that trusts as the context says, and checks the server's name. The handshake is done when this returns. */
    public static WireClient connectTls(String name, int port, SSLContext trust, String... protocols) {
        return connectTls(name, port, trust, 0, protocols);
    }

    /**
     * The same.
     *
     * @param receiveBuffer SO_RCVBUF; 0 leaves it to the system
     * @param protocols of TLS; none for the JDK's own choice
     */
    public static WireClient connectTls(
            String name, int port, SSLContext trust, int receiveBuffer, String... protocols) {
        WireClient below = connect(name, port, receiveBuffer);
        try {
            var socket = (SSLSocket) trust.getSocketFactory().createSocket(below.socket, "localhost", port, true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (protocols.length > 0) {
                parameters.setProtocols(protocols);
            }
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(CONNECT_MILLIS);
            socket.startHandshake();
            return new WireClient(name, socket);
        } catch (IOException e) {
            below.close();
            throw new UncheckedIOException(name + " cannot connect", e);
        }
    }

    /** The TLS session of a peer that has one. */
    public SSLSession tls() {
        return ((SSLSocket) socket).getSession();
    }

    public String name() {
        return name;
    }

    /** How long this peer waits for what must come. */
    public WireClient patience(Duration most) {
        patience = most;
        return this;
    }

    /** Sends a text in one write. */
    public void send(String text) {
        send(text.getBytes(UTF_8));
    }

    /** Sends bytes in one write. */
    public void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot send", e);
        }
    }

    /** Registers. */
    public String register() {
        send("01");
        String answer = readFrame();
        if (!answer.matches("021[0-9]{12}")) {
            throw new AssertionError(name + " registered and got " + FrameText.shown(answer));
        }
        return answer.substring(2);
    }

    /** Says who it is, and waits for no answer, for there is none. */
    public WireClient connectAs(String id) {
        send(FrameText.connect(id));
        return this;
    }

    /** Hears exactly this text next. */
    public void expect(String text) {
        String heard = read(FrameText.codePoints(text));
        if (!heard.equals(text)) {
            throw new AssertionError(
                    "%s should hear %s%nbut heard %s".formatted(name, FrameText.shown(text), FrameText.shown(heard)));
        }
    }

    /** Hears exactly this frame next: like {@link #expect}, with a better word when another one comes. */
    public void expectFrame(String frame) {
        String heard = readFrame();
        if (!heard.equals(frame)) {
            throw new AssertionError(
                    "%s should hear %s%nbut heard %s".formatted(name, FrameText.shown(frame), FrameText.shown(heard)));
        }
    }

    /** What one recv returns, as bytes. */
    public byte[] recvBytes() {
        switch (receive(System.nanoTime() + patience.toNanos())) {
            case CAME -> {}
            case NOTHING_CAME -> throw new AssertionError(name + " waited too long for something to come");
            case CLOSED -> throw new AssertionError(name + " was closed while it waited");
        }
        byte[] all = java.util.Arrays.copyOfRange(came, at, came.length);
        at = came.length;
        return all;
    }

    /** Begins to negotiate anew what the encryption is to be. */
    public void negotiatesAnew() throws IOException {
        ((SSLSocket) socket).startHandshake();
    }

    /** Hears a frame of full width. */
    public String readFrame() {
        return readFrame(patience);
    }

    public String readFrame(Duration most) {
        String code = read(2, most);
        if (!FrameText.isCode(code)) {
            throw new AssertionError(name + " heard no frame: " + FrameText.shown(code));
        }
        return code + read(FrameText.width(code) - 2);
    }

    /** Hears so many characters. */
    public String read(int codePoints) {
        return read(codePoints, patience);
    }

    public String read(int codePoints, Duration most) {
        var bytes = new ByteArrayOutputStream();
        long until = System.nanoTime() + most.toNanos();
        for (int i = 0; i < codePoints; i++) {
            int first = next(until, bytes, codePoints);
            bytes.write(first);
            for (int rest = lengthBy(first); rest > 1; rest--) {
                bytes.write(next(until, bytes, codePoints));
            }
        }
        return bytes.toString(UTF_8);
    }

    private static int lengthBy(int first) {
        if (first < 0x80) {
            return 1;
        }
        return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    }

    private int next(long until, ByteArrayOutputStream soFar, int codePoints) {
        while (at == came.length) {
            switch (receive(until)) {
                case CAME -> {}
                case NOTHING_CAME ->
                    throw new AssertionError("%s waited too long for %s characters, and heard only %s"
                            .formatted(name, codePoints, FrameText.shown(soFar.toString(UTF_8))));
                case CLOSED ->
                    throw new AssertionError("%s was closed while it waited for %s characters, and heard only %s"
                            .formatted(name, codePoints, FrameText.shown(soFar.toString(UTF_8))));
            }
        }
        return came[at++] & 0xFF;
    }

    private enum Received {
        CAME,
        NOTHING_CAME,
        CLOSED
    }

    /** One recv. */
    private Received receive(long until) {
        byte[] buffer = new byte[16 * 1024];
        try {
            long millis = (until - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                return Received.NOTHING_CAME;
            }
            socket.setSoTimeout((int) millis);
            int count = in.read(buffer);
            if (count < 0) {
                return Received.CLOSED;
            }
            came = java.util.Arrays.copyOf(buffer, count);
            at = 0;
            return Received.CAME;
        } catch (SocketTimeoutException e) {
            return Received.NOTHING_CAME;
        } catch (SocketException e) {
            return Received.CLOSED; // reset: the server closed while something of ours was still unread
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What one recv returns, as programs hear it that take that for a frame. */
    public String recv() {
        return recv(Integer.MAX_VALUE);
    }

    /**
     * What one recv returns. When that is more than the frame which is expected, the server has glued two frames, unless we ourselves
     * were away for longer than the gap that it keeps between them: then, and only then, the rest is kept for the next recv.
     *
     * @param expected how many chars the frame has
     */
    public String recv(int expected) {
        if (at < came.length) {
            return kept(expected);
        }
        switch (receive(System.nanoTime() + patience.toNanos())) {
            case CAME -> {}
            case NOTHING_CAME -> throw new AssertionError(name + " waited too long for something to come");
            case CLOSED -> throw new AssertionError(name + " was closed while it waited");
        }
        boolean wasAway = System.nanoTime() - lastRecvNanos > RECV_GAP.toNanos();
        lastRecvNanos = System.nanoTime();
        return kept(wasAway ? expected : Integer.MAX_VALUE);
    }

    private String kept(int most) {
        String all = new String(came, at, came.length - at, UTF_8);
        String now = all.substring(0, Math.min(most, all.length()));
        at += now.getBytes(UTF_8).length;
        return now;
    }

    /** All that comes until the server closes the connection. */
    public String readToTheEnd() {
        var bytes = new ByteArrayOutputStream();
        long until = System.nanoTime() + patience.toNanos();
        while (true) {
            bytes.write(came, at, came.length - at);
            at = came.length;
            switch (receive(until)) {
                case CAME -> {}
                case CLOSED -> {
                    return bytes.toString(UTF_8);
                }
                case NOTHING_CAME -> throw new AssertionError("%s was not closed within %s".formatted(name, patience));
            }
        }
    }

    /** The server closes the connection, and nothing comes before that. */
    public void expectClosed() {
        expectClosed(patience);
    }

    public void expectClosed(Duration within) {
        if (at < came.length) {
            throw new AssertionError("%s should be closed, but heard %s".formatted(name, shownRest()));
        }
        switch (receive(System.nanoTime() + within.toNanos())) {
            case CAME -> throw new AssertionError("%s should be closed, but heard %s".formatted(name, shownRest()));
            case NOTHING_CAME -> throw new AssertionError("%s was not closed within %s".formatted(name, within));
            case CLOSED -> {}
        }
    }

    /** Nothing comes for so long. Only where nothing else can show it: better let something come, and see that it is the first. */
    public void expectSilence(Duration so) {
        if (at < came.length) {
            throw new AssertionError("%s should hear nothing, but heard %s".formatted(name, shownRest()));
        }
        switch (receive(System.nanoTime() + so.toNanos())) {
            case CAME -> throw new AssertionError("%s should hear nothing, but heard %s".formatted(name, shownRest()));
            case CLOSED -> throw new AssertionError("%s should hear nothing, but was closed".formatted(name));
            case NOTHING_CAME -> {}
        }
    }

    private String shownRest() {
        return FrameText.shown(new String(came, at, came.length - at, UTF_8));
    }

    /** Says that it will say no more, and goes on listening. */
    public void saysNoMore() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Is gone without a goodbye: a reset. */
    public void breaksOff() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hangs up. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
