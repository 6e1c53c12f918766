import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * What an idle connection costs the server: opens many of them, half of them clients that have sent and received something, half of
 * them without a word; lets them be, and looks at the server's heap and memory before and after.
 *
 * <p>{@code java ops/IdleConnections.java PID [COUNT [PORT [CA]]]}, with the JDK that runs the server, on the same machine. With a CA (the
 * file that {@code ./zap certs} has made) they are encrypted, and PORT is the one for that. Many files must be allowed to be open ({@code ulimit -n}), here and there; and those who say nothing must be borne with for a while
 * ({@code ./zap server --zap.gateway.silence=10m}).
 */
public final class IdleConnections {

    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    private record Memory(long heap, long resident) {

        static Memory of(long pid) throws IOException, InterruptedException {
            // Twice: what the first one frees of buffers and references lets the second one free more.
            jcmd(pid, "GC.run");
            jcmd(pid, "GC.run");
            String heap = jcmd(pid, "GC.heap_info").lines()
                    .filter(line -> !line.contains("Metaspace") && !line.contains("class space"))
                    .reduce("", (one, other) -> one + other + "\n");
            long used = USED.matcher(heap).results().mapToLong(match -> Long.parseLong(match.group(1))).sum();
            long resident = Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
            return new Memory(used, resident);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "heap %,d KB, resident %,d KB", heap, resident);
        }
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), command)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), US_ASCII);
        if (process.waitFor() != 0) {
            throw new IOException(said);
        }
        return said;
    }

    public static void main(String[] args) throws Exception {
        long pid = Long.parseLong(args[0]);
        int count = args.length > 1 ? Integer.parseInt(args[1]) : 1_000;
        int port = args.length > 2 ? Integer.parseInt(args[2]) : 7777;
        SSLSocketFactory over = args.length > 3 ? trusting(Path.of(args[3])) : null;

        // The first ones warm it up: classes, pools, and what is compiled by then.
        hangUp(open(Math.min(count, 500), port, over));
        Memory before = Memory.of(pid);
        List<Socket> connections = open(count, port, over);
        Memory after = Memory.of(pid);
        hangUp(connections);

        System.out.println("before: " + before);
        System.out.println("with " + count + " idle connections: " + after);
        System.out.printf(
                Locale.ROOT,
                "for each: heap %.1f KB, resident %.1f KB%n",
                (after.heap - before.heap) / (double) count, (after.resident - before.resident) / (double) count);
    }

    private static List<Socket> open(int count, int port, SSLSocketFactory tls) throws IOException {
        var connections = new ArrayList<Socket>();
        for (int i = 0; i < count; i++) {
            Socket socket = connect(i, port);
            if (tls != null) {
                socket = tls.createSocket(socket, "localhost", port, true);
                ((SSLSocket) socket).startHandshake();
            }
            connections.add(socket);
            if (i % 2 == 0) {
                String id = register(socket);
                // A message to itself, and its receipt: both ways have been used, and it is idle from now on.
                socket.getOutputStream().write(("05" + id + id + "0000000001" + " ".repeat(218)).getBytes(US_ASCII));
                socket.getInputStream().readNBytes(256 + 25);
            }
        }
        return connections;
    }

    private static SSLSocketFactory trusting(Path ca) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(ca)) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private static String register(Socket socket) throws IOException {
        socket.getOutputStream().write("01".getBytes(US_ASCII));
        InputStream in = socket.getInputStream();
        return new String(in.readNBytes(15), US_ASCII).substring(2);
    }

    /** From more than one address: an address has ports for some 28,000 connections. */
    private static Socket connect(int number, int port) throws IOException {
        InetAddress from = InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (1 + number % 8)});
        return new Socket(InetAddress.ofLiteral("127.0.0.1"), port, from, 0);
    }

    private static void hangUp(List<Socket> connections) throws IOException {
        for (Socket socket : connections) {
            socket.close();
        }
    }
}
