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
 * A peer that is only a socket: sends exactly the given text, and reads exactly the bytes that came.
 *
 * <p>Every wait has a bound. A peer belongs to one thread at a time.
 */
public final class WireClient implements AutoCloseable {

    /** Maximum time for an expected event: far longer than it ever takes, even on a busy machine. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    /** The default of zap.gateway.recv-gap. */
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

    /** @param receiveBuffer SO_RCVBUF, small for a peer that does not read soon; 0 leaves it to the system */
    public static WireClient connect(String name, int port, int receiveBuffer) {
        return connect(name, port, receiveBuffer, null);
    }

    /**
     * Connects from another address of this machine.
     *
     * @param from one of 127.0.0.0/8, all of which only Linux has
     */
    public static WireClient connectFrom(String from, String name, int port) {
        return connect(name, port, 0, InetAddress.ofLiteral(from));
    }

    private static WireClient connect(String name, int port, int receiveBuffer, InetAddress from) {
        var socket = new Socket();
        try {
            if (from != null) {
                socket.bind(new InetSocketAddress(from, 0));
            }
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

    /**
     * Connects a peer over TLS that trusts the context's authorities, and checks the server's name. The handshake is
     * done when this returns.
     */
    public static WireClient connectTls(String name, int port, SSLContext trust, String... protocols) {
        return connectTls(name, port, trust, 0, protocols);
    }

    /**
     * Connects a peer over TLS, with further options.
     *
     * @param receiveBuffer SO_RCVBUF; 0 leaves it to the system
     * @param protocols of TLS; none for the JDK's own choice
     */
    public static WireClient connectTls(
            String name, int port, SSLContext trust, int receiveBuffer, String... protocols) {
        return connect(name, port, receiveBuffer).encrypt(port, trust, protocols);
    }

    /** Begins TLS on this peer's connection. The handshake is done when this returns. */
    public WireClient encrypt(int port, SSLContext trust, String... protocols) {
        try {
            var encrypted = (SSLSocket) trust.getSocketFactory().createSocket(socket, "localhost", port, true);
            SSLParameters parameters = encrypted.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (protocols.length > 0) {
                parameters.setProtocols(protocols);
            }
            encrypted.setSSLParameters(parameters);
            encrypted.setSoTimeout(CONNECT_MILLIS);
            encrypted.startHandshake();
            return new WireClient(name, encrypted);
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(name + " cannot connect", e);
        }
    }

    /** Returns the TLS session of a peer that has one. */
    public SSLSession tls() {
        return ((SSLSocket) socket).getSession();
    }

    public String name() {
        return name;
    }

    /** Sets the maximum time for which this peer waits. */
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

    /** Connects as a client, and waits for no answer, because there is none. */
    public WireClient connectAs(String id) {
        send(FrameText.connect(id));
        return this;
    }

    /** Reads exactly this text next. */
    public void expect(String text) {
        String heard = read(FrameText.codePoints(text));
        if (!heard.equals(text)) {
            throw new AssertionError(
                    "%s should hear %s%nbut heard %s".formatted(name, FrameText.shown(text), FrameText.shown(heard)));
        }
    }

    /** Reads exactly this frame next: like {@link #expect}, with a better message when another one comes. */
    public void expectFrame(String frame) {
        String heard = readFrame();
        if (!heard.equals(frame)) {
            throw new AssertionError(
                    "%s should hear %s%nbut heard %s".formatted(name, FrameText.shown(frame), FrameText.shown(heard)));
        }
    }

    /** Returns the bytes of one recv. */
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

    /** Begins to renegotiate the encryption. */
    public void negotiatesAnew() throws IOException {
        ((SSLSocket) socket).startHandshake();
    }

    /** Reads a frame of full width. */
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

    /** Reads this number of characters. */
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

    /** Does one recv. */
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
            return Received.CLOSED; // reset: the server closed while some of our bytes were unread
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the text of one recv, as programs get it that take it for a frame. */
    public String recv() {
        return recv(Integer.MAX_VALUE);
    }

    /**
     * Returns the text of one recv. If it is longer than the expected frame, the server has glued two frames, unless
     * this thread paused for longer than the gap that the server keeps between them. Only then the rest is kept for the
     * next recv.
     *
     * @param expected the number of chars of the frame
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

    /** Reads everything until the server closes the connection. */
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

    /** Checks that the server closes the connection, and sends nothing before that. */
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

    /**
     * Checks that nothing comes for this time. Use it only where nothing else can show it; it is better to let a frame
     * come, and to check that it is the first.
     */
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

    /** Closes the sending side, and goes on reading. */
    public void saysNoMore() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the connection with a reset. */
    public void breaksOff() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes the connection. */
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
