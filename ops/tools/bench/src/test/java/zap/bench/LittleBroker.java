package zap.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an MQTT 3.1.1 broker that the load generator needs: sessions that are kept, QoS 1, topics without
 * wildcards. One lock for all, a thread for each connection. It says so loudly when a client does what the protocol
 * does not allow.
 */
final class LittleBroker implements AutoCloseable {

    private final ServerSocket listener;
    private final Map<String, Session> sessions = new HashMap<>();
    private final List<String> complaints = new ArrayList<>();

    private static final class Session {
        final Set<String> topics = new HashSet<>();
        final Map<Integer, byte[]> unacknowledged = new LinkedHashMap<>();
        int lastPacketId;

        @Nullable
        OutputStream out;

        @Nullable
        Socket socket;
    }

    LittleBroker() throws IOException {
        listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
    }

    /** Returns the mistakes of clients. */
    synchronized List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** The sessions that are kept. */
    synchronized Set<String> sessions() {
        return Set.copyOf(sessions.keySet());
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (SocketException e) {
            // It was closed.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(Socket socket) {
        Session session = null;
        try (socket) {
            var in = new DataInputStream(socket.getInputStream());
            while (true) {
                int first = in.read();
                if (first < 0) {
                    return;
                }
                byte[] body = new byte[length(in)];
                in.readFully(body);
                synchronized (this) {
                    if (first >> 4 == 1) {
                        session = connect(body, socket);
                    } else if (session == null) {
                        complaints.add("packet " + first + " before CONNECT");
                        return;
                    } else if (!handle(session, first, body)) {
                        return;
                    }
                }
            }
        } catch (EOFException | SocketException e) {
            // It is gone without a goodbye.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            synchronized (this) {
                // Unless it has come back meanwhile.
                if (session != null && session.socket == socket) {
                    session.out = null;
                }
            }
        }
    }

    private static int length(DataInputStream in) throws IOException {
        int length = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            length |= (digit & 0x7F) << shift;
            shift += 7;
        } while (digit > 127);
        return length;
    }

    private static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }

    private static String string(byte[] bytes, int at) {
        return new String(bytes, at + 2, number(bytes, at), UTF_8);
    }

    private Session connect(byte[] body, Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        if (!string(body, 0).equals("MQTT") || body[6] != 4) {
            complaints.add("this is not version 3.1.1");
        }
        String client = string(body, 10);
        boolean clean = (body[7] & 2) != 0;
        boolean kept = sessions.containsKey(client) && !clean;
        Session session = kept ? sessions.get(client) : new Session();
        if (clean) {
            sessions.remove(client);
        } else {
            sessions.put(client, session);
        }
        session.out = out;
        session.socket = socket;
        out.write(new byte[] {0x20, 2, (byte) (kept ? 1 : 0), 0});
        for (byte[] packet : session.unacknowledged.values()) {
            out.write(packet);
        }
        return session;
    }

    private boolean handle(Session session, int first, byte[] body) throws IOException {
        switch (first) {
            case 0x32 -> {
                String topic = string(body, 0);
                int after = 2 + number(body, 0);
                for (Session one : sessions.values()) {
                    if (one.topics.contains(topic)) {
                        deliver(one, body, after);
                    }
                }
                out(session).write(new byte[] {0x40, 2, body[after], body[after + 1]});
            }
            case 0x40 -> {
                if (session.unacknowledged.remove(number(body, 0)) == null) {
                    complaints.add("acknowledged what was not sent: " + number(body, 0));
                }
            }
            case 0x82 -> {
                session.topics.add(string(body, 2));
                out(session).write(new byte[] {(byte) 0x90, 3, body[0], body[1], 1});
            }
            case 0xE0 -> {
                return false;
            }
            default -> complaints.add("an unexpected packet: " + first);
        }
        return true;
    }

    private static OutputStream out(Session session) {
        OutputStream out = session.out;
        if (out == null) {
            throw new IllegalStateException("no connection");
        }
        return out;
    }

    private static void deliver(Session to, byte[] body, int packetIdAt) {
        to.lastPacketId = to.lastPacketId % 65_535 + 1;
        byte[] copy = body.clone();
        copy[packetIdAt] = (byte) (to.lastPacketId >> 8);
        copy[packetIdAt + 1] = (byte) to.lastPacketId;
        var packet = new ByteArrayOutputStream();
        packet.write(0x32);
        for (int rest = copy.length; rest > 0; rest /= 128) {
            packet.write(rest > 127 ? rest % 128 + 128 : rest);
        }
        packet.writeBytes(copy);
        to.unacknowledged.put(to.lastPacketId, packet.toByteArray());
        if (to.out != null) {
            try {
                to.out.write(packet.toByteArray());
            } catch (IOException e) {
                // It has hung up, and that is not known yet on its own thread. It gets this when it comes back.
                to.out = null;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
