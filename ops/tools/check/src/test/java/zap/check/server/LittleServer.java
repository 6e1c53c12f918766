package zap.check.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.GroupId;
import zap.protocol.MalformedFrameException;
import zap.protocol.PosixTime;

/** A server as a student would write it: a thread for each connection, one lock, no disk; with one mistake, or none. */
public final class LittleServer implements AutoCloseable {

    /** The mistakes, each seen in a public implementation. */
    public enum Mistake {
        NONE,
        /** Takes the result of one {@code recv} for one frame. */
        ONE_RECV,
        /** Sends 07 when it accepts a message, whether the recipient is there or not. */
        EARLY_RECEIPT,
        /** Forgets messages and receipts for clients that are offline. */
        LOSES_OFFLINE,
        /** Puts its own clock into 07. */
        OWN_CLOCK,
        /** Greets with a line of text. */
        GREETING,
        /** Gives mail that has waited again at every 03. */
        GIVES_AGAIN,
        /** Sends a group's 11 to the members, and not to the creator. */
        FORGETS_CREATOR,
        /** Takes 218 bytes of a text, not 218 characters. */
        COUNTS_BYTES,
        /** Counts ids with fourteen digits. */
        LONG_IDS,
        /** Ends when it gets a code that it does not know. */
        DIES,
        /** Answers nothing more, on no connection, when it gets a code that it does not know. */
        HANGS,
        /** Answers 01, and then anything with two megabytes. */
        FLOODS,
        /** Accepts connections and says nothing. */
        SILENT
    }

    private final Mistake mistake;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameDecoder decoder = new FrameDecoder();
    private volatile boolean hanging;

    // Guarded by this.
    private final Map<ClientId, Deque<Frame.FromServer>> mail = new HashMap<>();
    private final Map<ClientId, Socket> online = new HashMap<>();
    private final Map<GroupId, List<ClientId>> groups = new HashMap<>();
    private final Map<ClientId, List<Frame.FromServer>> again = new HashMap<>();
    private long lastId = 1_000_000_000_000L;

    public LittleServer(Mistake mistake) {
        this.mistake = mistake;
        try {
            listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        var session = new Session(socket);
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        try (socket) {
            socket.setTcpNoDelay(true);
            if (mistake == Mistake.GREETING) {
                socket.getOutputStream().write("Bem-vindo ao servidor!\n".getBytes(StandardCharsets.UTF_8));
            }
            InputStream in = socket.getInputStream();
            byte[] chunk = new byte[2048];
            int count;
            while ((count = in.read(chunk)) >= 0) {
                if (mistake == Mistake.SILENT || hanging) {
                    continue;
                }
                buffer.put(chunk, 0, count).flip();
                Frame frame;
                while ((frame = decoded(buffer)) != null) {
                    session.hear(mistake == Mistake.COUNTS_BYTES ? cut(frame) : frame);
                    if (mistake == Mistake.ONE_RECV) {
                        buffer.position(buffer.limit());
                    }
                }
                if (mistake == Mistake.ONE_RECV) {
                    buffer.position(buffer.limit());
                }
                buffer.compact();
            }
        } catch (MalformedFrameException e) {
            if (mistake == Mistake.DIES) {
                close();
            }
        } catch (IOException e) {
            // The peer has broken off.
        } finally {
            session.end();
        }
    }

    /** Decodes a frame; returns null when there is none, or when this server begins to hang. */
    private @Nullable Frame decoded(ByteBuffer buffer) throws MalformedFrameException {
        try {
            return decoder.decode(buffer);
        } catch (MalformedFrameException e) {
            if (mistake != Mistake.HANGS) {
                throw e;
            }
            hanging = true;
            return null;
        }
    }

    private static Frame cut(Frame frame) {
        if (!(frame instanceof Frame.Send send) || send.body().utf8().length <= 218) {
            return frame;
        }
        String text = new String(send.body().utf8(), 0, 218, StandardCharsets.UTF_8);
        return new Frame.Send(send.src(), send.dst(), send.sentAt(), zap.protocol.Body.of(text));
    }

    /** Gives what waits for a client to its connection, if it has one. */
    private synchronized void give(ClientId to) {
        Socket socket = online.get(to);
        Deque<Frame.FromServer> waiting = mail.getOrDefault(to, new ArrayDeque<>());
        while (socket != null && !waiting.isEmpty()) {
            Frame.FromServer frame = waiting.peek();
            try {
                socket.getOutputStream().write(encoder.encode(frame));
            } catch (IOException e) {
                online.remove(to, socket);
                return;
            }
            waiting.remove();
            if (frame instanceof Frame.Deliver deliver && mistake != Mistake.EARLY_RECEIPT) {
                receipt(deliver.src(), to, deliver.sentAt());
            }
        }
    }

    private void receipt(ClientId writer, ClientId recipient, PosixTime time) {
        PosixTime shown = mistake == Mistake.OWN_CLOCK ? PosixTime.of(Instant.now()) : time;
        put(writer, new Frame.Delivered(recipient, shown));
    }

    private synchronized void put(ClientId to, Frame.FromServer frame) {
        Deque<Frame.FromServer> box = mail.get(to);
        if (box == null || (mistake == Mistake.LOSES_OFFLINE && !online.containsKey(to))) {
            return;
        }
        box.add(frame);
        give(to);
    }

    /** One connection. */
    private final class Session {

        private final Socket socket;
        private ClientId self;

        Session(Socket socket) {
            this.socket = socket;
        }

        void hear(Frame frame) throws IOException {
            synchronized (LittleServer.this) {
                switch (frame) {
                    case Frame.Register _
                    when self == null -> {
                        lastId++;
                        self = new ClientId(lastId);
                        mail.put(self, new ArrayDeque<>());
                        online.put(self, socket);
                        socket.getOutputStream().write(encoder.encode(new Frame.Registered(self)));
                        if (mistake == Mistake.LONG_IDS) {
                            socket.getOutputStream().write('7');
                        }
                        if (mistake == Mistake.FLOODS) {
                            socket.getOutputStream().write(new byte[2 << 20]);
                        }
                    }
                    case Frame.Connect(ClientId id)
                    when self == null && mail.containsKey(id) -> {
                        self = id;
                        online.put(id, socket);
                        List<Frame.FromServer> waiting = List.copyOf(mail.get(id));
                        give(id);
                        if (mistake == Mistake.GIVES_AGAIN) {
                            List<Frame.FromServer> old = again.computeIfAbsent(id, any -> new ArrayList<>());
                            for (Frame.FromServer given : old) {
                                socket.getOutputStream().write(encoder.encode(given));
                            }
                            waiting.stream()
                                    .filter(given -> given instanceof Frame.Deliver)
                                    .forEach(old::add);
                        }
                    }
                    case Frame.Send send when send.src().equals(self) -> accept(send);
                    case Frame.Read(ClientId writer, PosixTime time)
                    when self != null -> put(writer, new Frame.ReadReceipt(self, time));
                    case Frame.CreateGroup create when create.creator().equals(self) -> create(create);
                    default -> {
                        // Whatever it is, it was not this client's turn.
                    }
                }
            }
        }

        private void accept(Frame.Send send) {
            for (ClientId to : recipients(send.dst())) {
                put(to, new Frame.Deliver(send.src(), send.dst(), send.sentAt(), send.body()));
            }
            if (mistake == Mistake.EARLY_RECEIPT) {
                List<ClientId> all = recipients(send.dst());
                for (ClientId to : all.isEmpty() ? List.of(send.dst().asClient()) : all) {
                    receipt(self, to, send.sentAt());
                }
            }
        }

        private List<ClientId> recipients(Address dst) {
            List<ClientId> members = groups.get(dst.asGroup());
            if (members == null) {
                return mail.containsKey(dst.asClient()) ? List.of(dst.asClient()) : List.of();
            }
            return members.contains(self)
                    ? members.stream().filter(member -> !member.equals(self)).toList()
                    : List.of();
        }

        private void create(Frame.CreateGroup create) {
            var members = new LinkedHashSet<ClientId>();
            members.add(self);
            members.addAll(create.members());
            if (members.size() < 2 || !mail.keySet().containsAll(members)) {
                return;
            }
            lastId++;
            var id = new GroupId(lastId);
            groups.put(id, List.copyOf(members));
            for (ClientId member : members) {
                if (mistake != Mistake.FORGETS_CREATOR || !member.equals(self)) {
                    put(member, new Frame.GroupCreated(id, PosixTime.of(Instant.now()), List.copyOf(members)));
                }
            }
        }

        void end() {
            synchronized (LittleServer.this) {
                if (self != null) {
                    online.remove(self, socket);
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
