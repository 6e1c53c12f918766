package zap.server.trial;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The port at which a running cluster takes commands of {@code ./zap cluster kill}, and of others like it.
 *
 * <p>A file in the folder of the cluster, for its owner only, names the port and a secret. A caller sends the secret
 * and its words, one a line, and an empty line; it gets the exit code and then lines for the screen.
 */
final class ControlPort implements AutoCloseable {

    /** Milliseconds until a caller that says nothing is given up. */
    private static final int SILENCE = 5_000;

    private final ServerSocket socket;
    private final Path file;
    private final String secret;

    /** The answer to a command. */
    record Answer(int status, String text) {}

    /** The part of the cluster that executes commands. */
    interface Commands {
        Answer execute(List<String> words);
    }

    private ControlPort(ServerSocket socket, Path file, String secret) {
        this.socket = socket;
        this.file = file;
        this.secret = secret;
    }

    /** Opens the port of the cluster in this folder. */
    static ControlPort open(Path root, Commands commands) throws IOException {
        var port = new ControlPort(
                new ServerSocket(0, 0, InetAddress.getLoopbackAddress()),
                fileIn(root),
                UUID.randomUUID().toString());
        Files.deleteIfExists(port.file);
        Files.createFile(port.file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(port.file, port.socket.getLocalPort() + " " + port.secret + "\n");
        Thread.ofVirtual().name("control").start(() -> port.accept(commands));
        return port;
    }

    private static Path fileIn(Path root) {
        return root.resolve("control");
    }

    private void accept(Commands commands) {
        while (!socket.isClosed()) {
            try (Socket caller = socket.accept()) {
                caller.setSoTimeout(SILENCE);
                var in = new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.UTF_8));
                boolean known = MessageDigest.isEqual(
                        String.valueOf(in.readLine()).getBytes(StandardCharsets.UTF_8),
                        secret.getBytes(StandardCharsets.UTF_8));
                if (known) {
                    Answer answer = commands.execute(
                            in.lines().takeWhile(line -> !line.isEmpty()).toList());
                    caller.getOutputStream()
                            .write((answer.status() + "\n" + answer.text()).getBytes(StandardCharsets.UTF_8));
                }
            } catch (IOException _) {
                // The caller has gone, or this port was closed.
            }
        }
    }

    /** Sends a command to the cluster in this folder. Empty if none runs there. */
    static Optional<Answer> ask(Path root, List<String> words) throws IOException {
        String[] kept;
        try {
            kept = Files.readString(fileIn(root)).strip().split(" ", -1);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (kept.length != 2 || !kept[0].matches("\\d{1,5}")) {
            return Optional.empty();
        }
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(kept[0]))) {
            socket.getOutputStream()
                    .write((kept[1] + "\n" + String.join("\n", words) + "\n\n").getBytes(StandardCharsets.UTF_8));
            String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String[] parts = said.split("\n", 2);
            return parts.length == 2 && parts[0].matches("\\d{1,3}")
                    ? Optional.of(new Answer(Integer.parseInt(parts[0]), parts[1]))
                    : Optional.empty();
        } catch (ConnectException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
            socket.close();
        } catch (IOException _) {
            // It ends with the process in any case.
        }
    }
}
