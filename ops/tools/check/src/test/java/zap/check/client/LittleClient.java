package zap.check.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.MalformedFrameException;

/** A little client for tests, right or with one mistake. As a process it takes a command a line. */
final class LittleClient implements AutoCloseable {

    private static final int WIDTH = 256;
    private static final int TEXT = 218;

    /** What is wrong with a little client. */
    enum Mistake {
        NONE,
        /** Pads nothing, as many do. */
        SHORT,
        /** Takes the result of one {@code recv} for one frame. */
        ONE_RECV,
        /** Sends 08 as soon as 06 comes, even if the user is elsewhere. */
        READS_UNSHOWN,
        /** Sends 08 for the recipient of a message when 07 comes. */
        READS_RECEIPTS,
        /** Sends 08 for half a message when the connection ends inside it. */
        READS_HALF,
        MILLISECONDS,
        /** Pads a text to 218 bytes, not characters. */
        PADS_BYTES,
        /** Puts its own clock into 08. */
        OWN_CLOCK,
        /** Puts the group into the src of 08. */
        READS_GROUP,
        /** Comes back with 01. */
        REGISTERS_AGAIN,
        /** Does not come back after the server has hung up. */
        STAYS_AWAY,
        /** Takes its time once, at the start. */
        FROZEN_CLOCK,
        /** Ignores 06: shows no message, and so sends no 08. */
        SHOWS_NOTHING,
        /** Sends two megabytes after 02. */
        FLOODS,
        /** Connects and does nothing. */
        SILENT
    }

    private final Mistake mistake;
    private final String host;
    private final int port;
    private final Consumer<String> screen;
    private final FrameDecoder decoder = new FrameDecoder();
    private final List<String> shown = new CopyOnWriteArrayList<>();
    private final long start = Instant.now().getEpochSecond();

    // Guarded by this.
    private Socket socket;
    private String id;
    private String group = "";
    private boolean elsewhere;
    private boolean quit;

    LittleClient(Mistake mistake, String host, int port, String id, Consumer<String> screen) {
        this.mistake = mistake;
        this.host = host;
        this.port = port;
        this.id = id;
        this.screen = screen;
    }

    synchronized String id() {
        return id;
    }

    List<String> shown() {
        return shown;
    }

    synchronized void register() {
        connect("01");
    }

    synchronized void comeBack() {
        quit = false;
        connect(mistake == Mistake.REGISTERS_AGAIN ? "01" : "03" + id);
    }

    /** The user is where messages are not shown, or comes back. */
    synchronized void elsewhere(boolean now) {
        elsewhere = now;
    }

    private void connect(String first) {
        try {
            socket = new Socket(host, port);
            socket.setTcpNoDelay(true);
            Socket mine = socket;
            Thread.ofVirtual().start(() -> listen(mine));
            if (mistake != Mistake.SILENT) {
                say(first);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void say(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // The reading thread comes back.
        }
    }

    private String now() {
        long second = mistake == Mistake.FROZEN_CLOCK ? start : Instant.now().getEpochSecond();
        return mistake == Mistake.MILLISECONDS
                ? String.valueOf(Instant.now().toEpochMilli())
                : Conversation.second(second);
    }

    synchronized void send(String to, String text) {
        if (mistake == Mistake.SILENT) {
            return;
        }
        String frame = "05" + id + to + now() + text;
        int width = mistake == Mistake.PADS_BYTES
                ? WIDTH - (text.getBytes(StandardCharsets.UTF_8).length - text.codePointCount(0, text.length()))
                : WIDTH;
        say(mistake == Mistake.SHORT ? frame : padded(frame, width));
    }

    synchronized void createGroup(String... members) {
        String frame = "10" + id + Conversation.second(Instant.now().getEpochSecond()) + String.join("", members);
        say(mistake == Mistake.SHORT ? frame : padded(frame, 116));
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.codePointCount(0, text.length())));
    }

    synchronized void quit() {
        quit = true;
        close();
    }

    private void listen(Socket mine) {
        ByteBuffer buffer = ByteBuffer.allocate(65_536);
        byte[] chunk = new byte[4096];
        try (mine) {
            InputStream in = mine.getInputStream();
            int count;
            while ((count = in.read(chunk)) >= 0) {
                if (mistake == Mistake.SHORT) {
                    hearShort(new String(chunk, 0, count, StandardCharsets.UTF_8));
                    continue;
                }
                buffer.put(chunk, 0, count).flip();
                Frame frame;
                while ((frame = decoder.decode(buffer)) != null) {
                    hear(frame);
                    if (mistake == Mistake.ONE_RECV) {
                        buffer.position(buffer.limit());
                    }
                }
                if (mistake == Mistake.ONE_RECV) {
                    buffer.position(buffer.limit());
                }
                buffer.compact();
            }
        } catch (IOException | MalformedFrameException e) {
            // Comes back below.
        }
        lost(mine, buffer);
    }

    private void lost(Socket mine, ByteBuffer buffer) {
        synchronized (this) {
            if (quit || mine != socket || mistake == Mistake.STAYS_AWAY) {
                return;
            }
        }
        try {
            Thread.sleep(150); // a pause between two connections
            comeBack();
            if (mistake == Mistake.READS_HALF && buffer.position() > 38) {
                String half = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
                synchronized (this) {
                    say("08" + half.substring(2, 15) + half.substring(28, 38));
                }
            }
        } catch (UncheckedIOException e) {
            // The server is gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void hear(Frame frame) {
        switch (frame) {
            case Frame.Registered(var given) -> {
                id = given.toString();
                if (mistake == Mistake.FLOODS) {
                    say("x".repeat(2 << 20));
                }
            }
            case Frame.Deliver deliver ->
                message(
                        deliver.src().toString(),
                        deliver.dst().toString(),
                        deliver.sentAt().toString(),
                        deliver.body().text());
            case Frame.Delivered(var dst, var time) -> {
                if (mistake == Mistake.READS_RECEIPTS && group.isEmpty()) {
                    say("08" + dst + time);
                }
            }
            case Frame.GroupCreated created -> group = created.id().toString();
            default -> {
                // A receipt: nothing is shown.
            }
        }
    }

    private void hearShort(String text) {
        if (text.startsWith("02") && text.length() == 15) {
            synchronized (this) {
                id = text.substring(2, 15);
            }
        } else if (text.startsWith("06") && text.length() > 38) {
            message(text.substring(2, 15), text.substring(15, 28), text.substring(28, 38), text.substring(38));
        }
    }

    private synchronized void message(String src, String dst, String time, String text) {
        if (mistake == Mistake.SHOWS_NOTHING) {
            return;
        }
        if (elsewhere) {
            if (mistake == Mistake.READS_UNSHOWN) {
                say("08" + src + time);
            }
            return;
        }
        shown.add(text);
        screen.accept(text);
        boolean inGroup = !dst.equals(id);
        String whom = inGroup && mistake == Mistake.READS_GROUP ? dst : src;
        say("08" + whom
                + (mistake == Mistake.OWN_CLOCK
                        ? Conversation.second(Instant.now().getEpochSecond())
                        : time));
    }

    @Override
    public synchronized void close() {
        quit = true;
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs as a process: a mistake, a host, a port, and a file for the id. */
    public static void main(String[] words) throws IOException {
        Path file = Path.of(words[3]);
        var screen = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        String known = Files.exists(file) ? Files.readString(file) : "";
        try (var client = new LittleClient(
                        Mistake.valueOf(words[0]), words[1], Integer.parseInt(words[2]), known, screen::println);
                var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            String line;
            while ((line = lines.readLine()) != null) {
                String[] parts = line.split(" ", 3);
                switch (parts[0]) {
                    case "register" -> {
                        client.register();
                        while (client.id().isEmpty()) {
                            Thread.onSpinWait();
                        }
                        Files.writeString(file, client.id());
                    }
                    case "return" -> client.comeBack();
                    case "send" -> client.send(parts[1], parts[2]);
                    case "group" -> client.createGroup(parts[1], parts[2]);
                    case "elsewhere" -> client.elsewhere(true);
                    case "here" -> client.elsewhere(false);
                    case "flood" -> screen.println("x".repeat(3 << 20));
                    default -> {
                        client.quit();
                        return;
                    }
                }
            }
        }
    }
}
