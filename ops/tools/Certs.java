import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.SequencedSet;
import java.util.stream.Collectors;

/**
 * Makes a certificate authority for trying TLS out, and a certificate of a server with its key: {@code ./zap certs}.
 *
 * <p>{@code java ops/tools/Certs.java FOLDER [NAME …]}: the authority stays once it is there, the server's certificate
 * is new each time. The JDK's keytool does the work; the keys it makes are written as PEM, which it cannot do.
 */
public final class Certs {

    private static final String AUTHORITY = "ca";
    private static final String SERVER = "server";
    private static final int AUTHORITY_DAYS = 3650;
    private static final int SERVER_DAYS = 365;
    private static final int USAGE = 64;

    /** The password of the key store. It protects nothing: the file's permissions do. */
    private static final String PASSWORD = "changeit";

    private static final String HELP = """
            Usage: ./zap certs [NAME …]

            Makes a certificate authority for trying TLS out, once, and a certificate of a server with its key, anew each
            time. It is valid for localhost, this machine's name, and every NAME: a host's name or an address by which
            clients know the server. The files are in certs/ in the data folder (ZAP_DATA).
            """;

    private static final String NAME = "[A-Za-z0-9*_]([A-Za-z0-9_.-]*[A-Za-z0-9])?";
    private static final String ADDRESS = "[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*";

    private final Path folder;
    private final Path keys;

    private Certs(Path folder) {
        this.folder = folder;
        this.keys = folder.resolve("ca.p12");
    }

    public static void main(String[] args) throws Exception {
        List<String> words = List.of(args).subList(1, args.length);
        if (words.stream().anyMatch(List.of("-h", "--help")::contains)) {
            System.out.print(HELP);
            return;
        }
        SequencedSet<String> names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
        String host = hostName();
        if (host.matches(NAME)) {
            names.add(host);
        }
        for (String name : words) {
            if (!name.matches(NAME) && !name.matches(ADDRESS)) {
                System.err.println("zap: \"" + name + "\" is neither a host's name nor an address.");
                System.exit(USAGE);
            }
            names.add(name);
        }
        Path folder = Path.of(args[0]).toAbsolutePath().normalize();
        makePrivate(folder);
        new Certs(folder).make(names, host);
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost"; // a machine that does not know its own name is known by none
        }
    }

    private void make(SequencedSet<String> names, String host) throws Exception {
        if (!hasAuthority()) {
            Files.deleteIfExists(keys);
            keytool("-genkeypair", "-alias", AUTHORITY, "-dname", "CN=zap development CA of " + host.replaceAll("[^A-Za-z0-9.-]", "-"),
                    "-validity", "" + AUTHORITY_DAYS, "-ext", "bc:c=ca:true,pathlen:0", "-ext", "ku:c=keyCertSign,cRLSign");
        }
        String alternatives = names.stream()
                .map(name -> (name.matches(ADDRESS) ? "ip:" : "dns:") + name)
                .collect(Collectors.joining(","));
        keytool("-genkeypair", "-alias", SERVER, "-signer", AUTHORITY, "-dname", "CN=zap server", "-validity", "" + SERVER_DAYS,
                "-ext", "san=" + alternatives, "-ext", "ku:c=digitalSignature", "-ext", "eku=serverAuth");
        KeyStore store = load();
        Certificate[] chain = store.getCertificateChain(SERVER);
        Key key = store.getKey(SERVER, PASSWORD.toCharArray());
        // In the authority's file there is nothing but the authority.
        store.deleteEntry(SERVER);
        try (OutputStream out = Files.newOutputStream(keys)) {
            store.store(out, PASSWORD.toCharArray());
        }

        put("ca.pem", pem("CERTIFICATE", store.getCertificate(AUTHORITY).getEncoded()));
        put("server-key.pem", pem("PRIVATE KEY", key.getEncoded()));
        put("server.pem", pem("CERTIFICATE", chain[0].getEncoded()) + pem("CERTIFICATE", chain[1].getEncoded()));
        put("tls.properties", """
                # Written by ./zap certs: what ./zap server needs to speak TLS. What it means is in docs/tls.md.
                zap.gateway.tls-bundle=zap
                spring.ssl.bundle.pem.zap.keystore.certificate=%s
                spring.ssl.bundle.pem.zap.keystore.private-key=%s
                spring.ssl.bundle.pem.zap.keystore.verify-keys=true
                spring.ssl.bundle.pem.zap.reload-on-update=true
                """.formatted(escaped(folder.resolve("server.pem")), escaped(folder.resolve("server-key.pem"))));
        say(names, (X509Certificate) chain[0]);
    }

    private void say(SequencedSet<String> names, X509Certificate certificate) {
        System.out.printf(
                Locale.ROOT,
                """
                A certificate for %s, until %s,
                signed by a development CA of its own: %s

                The server:   ./zap server %s
                The client:   ./zap shell --tls --ca %s

                A server that runs takes the new certificate by itself. More: docs/tls.md
                """,
                String.join(", ", names),
                certificate.getNotAfter().toInstant().atOffset(ZoneOffset.UTC).toLocalDate(),
                folder,
                quoted("--spring.config.import=file:" + folder.resolve("tls.properties")),
                quoted(folder.resolve("ca.pem").toString()));
    }

    /** As a shell takes it for one word. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** As it stands in a file of properties. */
    private static String escaped(Path path) {
        return path.toString()
                .codePoints()
                .mapToObj(Character::toString)
                .map(one -> one.equals("\\") ? "\\\\" : one.chars().allMatch(c -> c < 128) ? one : unicode(one))
                .collect(Collectors.joining());
    }

    private static String unicode(String one) {
        return one.chars().mapToObj(c -> String.format(Locale.ROOT, "\\u%04x", c)).collect(Collectors.joining());
    }

    private boolean hasAuthority() throws GeneralSecurityException, IOException {
        if (!Files.exists(keys)) {
            return false;
        }
        return load().getCertificate(AUTHORITY) instanceof X509Certificate authority
                && authority.getNotAfter().toInstant().isAfter(Instant.now().plusSeconds(SERVER_DAYS * 86_400L));
    }

    private KeyStore load() throws GeneralSecurityException, IOException {
        try (InputStream in = Files.newInputStream(keys)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return store;
        }
    }

    private void keytool(String... words) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(words));
        command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
        command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
        command.addAll(List.of("-storetype", "PKCS12", "-keystore", keys.toString(), "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), US_ASCII);
        if (process.waitFor() != 0) {
            System.err.println("zap: keytool could not do it.\n" + said);
            System.exit(1);
        }
        onlyMine(keys, "rw-------");
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                + "\n-----END " + what + "-----\n";
    }

    /** Writes a file that only its owner can read, in one move: a server may be reading the one before. */
    private void put(String name, String text) throws IOException {
        Path making = folder.resolve(name + ".making");
        Files.deleteIfExists(making);
        if (isPosix(folder)) {
            FileAttribute<?> mine = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            Files.createFile(making, mine);
        }
        Files.writeString(making, text, US_ASCII);
        Files.move(making, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void makePrivate(Path folder) throws IOException {
        Files.createDirectories(folder);
        onlyMine(folder, "rwx------");
    }

    private static void onlyMine(Path path, String permissions) throws IOException {
        if (isPosix(path)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    private static boolean isPosix(Path path) throws IOException {
        return Files.getFileStore(path).supportsFileAttributeView("posix");
    }
}
