package zap.shell.command.runner;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.PosixTime;

/**
 * The part of a server that a rehearsal needs: on this machine only, for one client after the other. It accepts every
 * client, stores nothing, and has one message for its first client.
 */
final class RehearsalServer implements AutoCloseable {

    private static final int ID = 13;
    private static final int TIMESTAMP = 10;
    private static final int TEXT = 218;
    private static final int COUNT = 19;
    private static final int DIGEST = 8;
    private static final int SIGNATURE = 128;

    private final ServerSocket socket;
    private final ClientId self;
    private final ClientId friend;
    private final InstantSource clock;
    private HistoryDigest stream = HistoryDigest.EMPTY;
    private long accepted;
    private long given;

    private RehearsalServer(ServerSocket socket, ClientId self, ClientId friend, InstantSource clock) {
        this.socket = socket;
        this.self = self;
        this.friend = friend;
        this.clock = clock;
    }

    /** Opens the server on a free port. */
    static RehearsalServer open(ClientId self, ClientId friend, InstantSource clock) throws IOException {
        var server =
                new RehearsalServer(new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")), self, friend, clock);
        Thread.ofPlatform().daemon().name("rehearsal-server").start(server::serve);
        return server;
    }

    int port() {
        return socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try (Socket client = socket.accept()) {
                converse(new BufferedInputStream(client.getInputStream()), client.getOutputStream());
            } catch (IOException e) {
                // The client has disconnected, or the rehearsal is over: a client that waits for an answer notices.
            }
        }
    }

    private void converse(InputStream in, OutputStream out) throws IOException {
        while (true) {
            String code = text(in, 2);
            String answer = switch (code) {
                case "30" -> {
                    text(in, 2);
                    yield "3102" + "0".repeat(64);
                }
                case "33" -> {
                    text(in, ID + ID + COUNT);
                    String position = text(in, COUNT);
                    String digest = text(in, DIGEST);
                    text(in, SIGNATURE);
                    // The stream continues at the position of the client.
                    yield "34" + count(accepted) + stream + count(given) + position + digest + firstMessage();
                }
                case "36" -> {
                    String sender = text(in, ID);
                    String recipient = text(in, ID);
                    String sentAt = text(in, TIMESTAMP);
                    String its = accepted(code + sender + recipient + sentAt + text(in, ID + TEXT));
                    given++;
                    yield its + "07" + recipient + sentAt;
                }
                case "08" -> {
                    String originator = text(in, ID);
                    String upTo = text(in, TIMESTAMP);
                    boolean mark = originator.equals(self.toString());
                    String its = accepted(code + originator + upTo);
                    given += mark ? 1 : 0;
                    yield its + (mark ? "09" + originator + upTo : "");
                }
                case "37" -> {
                    text(in, COUNT);
                    yield "";
                }
                case "38" -> "38";
                default -> throw new IOException("a rehearsal has no " + code);
            };
            out.write(answer.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    private String accepted(String frame) {
        byte[] bytes = frame.getBytes(StandardCharsets.UTF_8);
        stream = stream.after(bytes, 0, bytes.length);
        accepted++;
        return "35" + count(accepted) + count(given);
    }

    /** Formats a count in the digits of the protocol, independent of this computer's locale. */
    private static String count(long count) {
        return new Position(count).toString();
    }

    private String firstMessage() {
        if (given > 0) {
            return "";
        }
        given++;
        String text = "olá 👋";
        return "06" + friend + self + PosixTime.of(clock.instant()) + text
                + " ".repeat(TEXT - text.codePointCount(0, text.length()));
    }

    /** Reads this many characters. The last one is a single byte, as in every frame that a client pads. */
    private static String text(InputStream in, int codePoints) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (int left = codePoints; left > 0; ) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            bytes.write(b);
            boolean continues = (b & 0xC0) == 0x80;
            left -= continues ? 0 : 1;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
