package zap.server.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import zap.server.database.Loopback;
import zap.server.gateway.OpenSession;

/**
 * {@code ./zap admin}: sends one query or order to a running server, over its actuator. A program of its own, without
 * Spring.
 *
 * <p>Its environment: {@code ZAP_ADMIN_URL} is the actuator's address. {@code ZAP_ADMIN_TOKEN} is the token; without
 * it, {@code ZAP_DATA} is the folder that holds the server's token.
 */
final class AdminCommand {

    // As in sysexits.h.
    private static final int OK = 0;
    private static final int NOT_DONE = 1;
    private static final int USAGE = 64;
    private static final int UNAVAILABLE = 69;
    private static final int NO_PERMISSION = 77;

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private static final String URL_OF = "http://%s:7780";
    private static final String DEFAULT_URL = URL_OF.formatted("127.0.0.1");
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

    private static final String HELP = """
            Usage: ./zap admin [--server URL] [--ca FILE] COMMAND

              stats            show the state of the server
              nodes            list the servers on its database
              client ID        show a client: its registration, its session, and its waiting mail
              disconnect ID    close its session, on whatever server it is; it may connect again
              block ID         refuse its connections until it is unblocked; its mail waits
              unblock ID       let it connect again
              forget ID        delete the client, its key, its seats in groups and its waiting mail;
                               asks for confirmation, except with --yes
              drain            send all clients to the other servers on the same database, within ten seconds:
                               before an upgrade or a stop
              undrain          accept connections again

              --server URL     the actuator's address (ZAP_ADMIN_URL; %s)
              --ca FILE        the certificate authority (PEM) of an actuator that uses TLS

            The token is ZAP_ADMIN_TOKEN, or else the one in the server's data folder (ZAP_DATA).
            """.formatted(DEFAULT_URL);

    private final Map<String, String> environment;
    private final Reader in;
    private final PrintStream out;
    private final PrintStream err;
    private final ZoneId zone;
    private final JsonMapper json = JsonMapper.builder().build();
    private String url;
    private @Nullable Path ca;
    private boolean yes;

    AdminCommand(Map<String, String> environment, Reader in, PrintStream out, PrintStream err, ZoneId zone) {
        this.environment = environment;
        this.in = in;
        this.out = out;
        this.err = err;
        this.zone = zone;
        this.url = Objects.requireNonNullElseGet(environment.get("ZAP_ADMIN_URL"), AdminCommand::urlOnThisMachine);
    }

    /** Returns the URL of a server on this machine, which may have IPv6 alone. */
    private static String urlOnThisMachine() {
        return URL_OF.formatted(Loopback.inUrl(Loopback.reaching(null)));
    }

    public static void main(String[] args) {
        var command = new AdminCommand(
                System.getenv(),
                new InputStreamReader(System.in, UTF_8),
                System.out,
                System.err,
                ZoneId.systemDefault());
        System.exit(command.run(List.of(args)));
    }

    /** A failure: a sentence for the operator, and the program's exit code. */
    private static final class CommandFailure extends Exception {
        private static final long serialVersionUID = 1;

        final int status;

        CommandFailure(int status, String message) {
            super(message, null, false, false);
            this.status = status;
        }
    }

    /** Executes the command, and returns the program's exit code. */
    int run(List<String> arguments) {
        try {
            List<String> words = options(arguments);
            if (words.isEmpty() || words.getFirst().equals("help")) {
                out.print(HELP);
                return OK;
            }
            run(words.getFirst(), words.subList(1, words.size()));
            return OK;
        } catch (CommandFailure e) {
            err.println("zap: " + e.getMessage());
            return e.status;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return NOT_DONE;
        }
    }

    private List<String> options(List<String> arguments) throws CommandFailure {
        Deque<String> left = new ArrayDeque<>(arguments);
        var words = new ArrayList<String>();
        while (!left.isEmpty()) {
            String word = left.pop();
            switch (word) {
                case "--server" -> url = value(word, left.poll());
                case "--ca" -> ca = Path.of(value(word, left.poll()));
                case "--yes" -> yes = true;
                case "--help", "-h" -> words.addFirst("help");
                default -> {
                    if (word.startsWith("-")) {
                        throw new CommandFailure(USAGE, "There is no option " + word + ". See: ./zap admin help");
                    }
                    words.add(word);
                }
            }
        }
        return words;
    }

    private static String value(String option, @Nullable String value) throws CommandFailure {
        if (value == null) {
            throw new CommandFailure(USAGE, option + " needs a value. See: ./zap admin help");
        }
        return value;
    }

    private void run(String command, List<String> words) throws CommandFailure, InterruptedException {
        switch (command) {
            case "stats" -> {
                noMore(command, words);
                print(read("", AdminEndpoint.Stats.class));
            }
            case "nodes" -> {
                noMore(command, words);
                print(read("", AdminEndpoint.Stats.class).nodes());
            }
            case "drain", "undrain" -> {
                noMore(command, words);
                act("", command);
            }
            case "client" -> print(read("/" + id(command, words), AdminEndpoint.Described.class));
            case "disconnect", "block", "unblock" -> act("/" + id(command, words), command);
            case "forget" -> forget(id(command, words));
            default -> throw new CommandFailure(USAGE, "There is no command " + command + ". See: ./zap admin help");
        }
    }

    private static void noMore(String command, List<String> words) throws CommandFailure {
        if (!words.isEmpty()) {
            throw new CommandFailure(USAGE, command + " takes no argument \"" + words.getFirst() + "\".");
        }
    }

    private static String id(String command, List<String> words) throws CommandFailure {
        if (words.size() != 1 || !words.getFirst().matches("1[0-9]{12}")) {
            throw new CommandFailure(USAGE, command + " needs a client's number: 13 digits, of which the first is 1.");
        }
        return words.getFirst();
    }

    /** @param what the path of what the action is for, below that of all clients */
    private void act(String what, String action) throws CommandFailure, InterruptedException {
        String body = "{\"action\":\"" + action + "\"}";
        HttpRequest.Builder request = request(what)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        out.println(read(request, AdminEndpoint.Done.class).done());
    }

    private void forget(String id) throws CommandFailure, InterruptedException {
        AdminEndpoint.Described client = read("/" + id, AdminEndpoint.Described.class);
        if (!yes) {
            print(client);
            out.println();
            out.println(
                    "Forget this client? Its number, its key, its seats in groups and its waiting mail are deleted for ever.");
            out.println("Messages that it has sent stay with their recipients.");
            out.print("Type the number's last four digits to do it: ");
            out.flush();
            if (!id.substring(id.length() - 4).equals(answer())) {
                throw new CommandFailure(NOT_DONE, "Nothing was done.");
            }
        }
        out.println(read(request("/" + id).DELETE(), AdminEndpoint.Done.class).done());
    }

    private @Nullable String answer() throws CommandFailure {
        try {
            String line = new BufferedReader(in).readLine();
            return line == null ? null : line.strip();
        } catch (IOException e) {
            throw new CommandFailure(NOT_DONE, "The answer could not be read: " + e.getMessage());
        }
    }

    private <T> T read(String path, Class<T> type) throws CommandFailure, InterruptedException {
        return read(request(path).GET(), type);
    }

    private <T> T read(HttpRequest.Builder request, Class<T> type) throws CommandFailure, InterruptedException {
        HttpResponse<String> response = send(request.build());
        try {
            return switch (response.statusCode()) {
                case 200 -> json.readValue(response.body(), type);
                case UNAUTHORIZED, FORBIDDEN ->
                    throw new CommandFailure(
                            NO_PERMISSION,
                            "The server at " + url
                                    + " rejected this token. Its token is in its data folder (ZAP_DATA), or it is"
                                    + " the value of zap.admin.token at its start.");
                case 400, 404 ->
                    throw new CommandFailure(
                            NOT_DONE,
                            json.readValue(response.body(), AdminEndpoint.Problem.class)
                                    .error());
                default ->
                    throw new CommandFailure(
                            UNAVAILABLE,
                            "The server at " + url + " failed (" + response.statusCode() + "); its log says more.");
            };
        } catch (JacksonException e) {
            throw new CommandFailure(
                    UNAVAILABLE, "The server at " + url + " is not the actuator of a zap of this version.");
        }
    }

    private HttpRequest.Builder request(String path) throws CommandFailure {
        String credentials = AdminSecurity.USER + ":" + token();
        try {
            return HttpRequest.newBuilder(URI.create(url + "/actuator/clients" + path))
                    .timeout(PATIENCE)
                    .header("Accept", "application/json")
                    .header(
                            "Authorization",
                            "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8)));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(USAGE, url + " is not a URL like " + DEFAULT_URL + ".");
        }
    }

    private String token() throws CommandFailure {
        String given = environment.getOrDefault("ZAP_ADMIN_TOKEN", "");
        if (!given.isBlank()) {
            return given.strip();
        }
        Path file = Path.of(environment.getOrDefault("ZAP_DATA", "var")).resolve("admin.token");
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException e) {
            throw new CommandFailure(
                    NO_PERMISSION,
                    "There is no token in " + file
                            + ". A server with its own PostgreSQL makes one in its data folder: set ZAP_DATA to that"
                            + " folder. Other servers are given one (zap.admin.token): set ZAP_ADMIN_TOKEN to it.");
        } catch (IOException e) {
            throw new CommandFailure(NO_PERMISSION, "The token in " + file + " cannot be read: " + e.getMessage());
        }
    }

    private HttpResponse<String> send(HttpRequest request) throws CommandFailure, InterruptedException {
        try (HttpClient http = client()) {
            return http.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
        } catch (ConnectException e) {
            throw new CommandFailure(
                    UNAVAILABLE,
                    "No server answers at " + url + ". Is it running? Use --server URL for another address.");
        } catch (SSLException e) {
            throw new CommandFailure(
                    UNAVAILABLE,
                    "The TLS connection to " + url + " failed: " + e.getMessage()
                            + " (--ca FILE names the authority to trust).");
        } catch (IOException e) {
            throw new CommandFailure(UNAVAILABLE, "No answer from " + url + ": " + e.getMessage());
        }
    }

    private HttpClient client() throws CommandFailure {
        HttpClient.Builder http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10));
        if (ca != null) {
            http.sslContext(trusting(ca));
        }
        return http.build();
    }

    private static SSLContext trusting(Path authority) throws CommandFailure {
        try (InputStream pem = Files.newInputStream(authority)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(pem);
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (Certificate certificate : certificates) {
                trusted.setCertificateEntry("ca-" + trusted.size(), certificate);
            }
            var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new CommandFailure(USAGE, authority + " cannot be used as an authority: " + e.getMessage());
        }
    }

    private void print(AdminEndpoint.Stats stats) {
        row("up", span(Duration.ofSeconds(stats.upSeconds())));
        row("connections", stats.connections().isEmpty() ? "none" : connections(stats.connections()));
        row(
                "clients",
                number(stats.clients())
                        + (stats.blocked() == 0 ? "" : ", " + number(stats.blocked()) + " of them blocked"));
        row("groups", number(stats.groups()));
        if (stats.nodes().size() > 1) {
            row("nodes", number(stats.nodes().size()) + ", see below");
        }
        if (stats.draining()) {
            row("draining", "new connections are refused (./zap admin undrain)");
        }
        row("waiting", number(stats.waiting()) + " entries in all mailboxes");
        if (stats.trouble() != null) {
            row("trouble", stats.trouble());
        }
        if (stats.nodes().size() > 1) {
            out.println();
            print(stats.nodes());
        }
    }

    private void print(List<AdminEndpoint.SeenNode> nodes) {
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("node", "address", "version", "clients", "up for", "heartbeat", "machine", ""));
        for (AdminEndpoint.SeenNode node : nodes) {
            table.add(List.of(
                    String.valueOf(node.number()),
                    orDash(node.servesAt()),
                    orDash(node.version()),
                    number(node.sessions()),
                    span(node.up()),
                    String.format(Locale.ROOT, "%.1f s ago", node.silent().toMillis() / 1000.0),
                    node.name(),
                    stateOf(node)));
        }
        printAligned(table);
    }

    private static String stateOf(AdminEndpoint.SeenNode node) {
        var state = new ArrayList<String>();
        if (node.here()) {
            state.add("this one");
        }
        if (node.gone()) {
            state.add("gone");
        }
        if (node.draining()) {
            state.add("draining");
        }
        return String.join(", ", state);
    }

    private static String orDash(@Nullable String text) {
        return text == null ? "-" : text;
    }

    /** Prints a table. Its columns are as wide as their widest cell. */
    private void printAligned(List<List<String>> table) {
        for (List<String> row : table) {
            var line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int place = column;
                int width = table.stream()
                        .mapToInt(each -> each.get(place).length())
                        .max()
                        .orElse(0);
                line.append(row.get(column))
                        .append(" ".repeat(width - row.get(column).length() + 2));
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private static String connections(Map<String, Long> connections) {
        long all = connections.values().stream().mapToLong(Long::longValue).sum();
        return number(all) + " ("
                + String.join(
                        ", ",
                        connections.entrySet().stream()
                                .map(each -> each.getKey() + " " + number(each.getValue()))
                                .toList())
                + ")";
    }

    private void print(AdminEndpoint.Described client) {
        row("client", client.id() + (client.blockedAt() == null ? "" : ", blocked since " + time(client.blockedAt())));
        row("registered", time(client.registeredAt()) + (client.keyed() ? ", with a key" : ", without a key"));
        row("last used", client.lastUsed().toString());
        row("groups", number(client.groups()));
        row("waiting", number(client.waiting()) + " entries, after position " + client.confirmed());
        row("session", client.session() == null ? noSession(client.whereabouts()) : session(client.session()));
        if (client.several()) {
            row("last on", node(client.whereabouts()));
        }
    }

    private static String noSession(SessionsElsewhere.Whereabouts whereabouts) {
        return whereabouts.where() == SessionsElsewhere.Where.SILENT
                ? "not known: only its node knows, and that did not answer in time"
                : "none";
    }

    private static String node(SessionsElsewhere.Whereabouts whereabouts) {
        String at = whereabouts.servesAt() == null ? "" : ", at " + whereabouts.servesAt();
        return switch (whereabouts.where()) {
            case HERE -> whereabouts.name() + at + ": this one";
            case ELSEWHERE -> whereabouts.name() + at;
            case SILENT -> whereabouts.name() + at + ": no answer";
            case GONE -> whereabouts.name() + ", where its last session was: gone";
            case NOWHERE -> "none";
        };
    }

    private static String session(OpenSession session) {
        return "%s, from %s over %s, %s, for %s%s"
                .formatted(
                        session.number(),
                        session.peer(),
                        session.listener(),
                        session.assured() ? "assured" : "base",
                        span(session.openFor()),
                        session.refusals() == 0 ? "" : ", " + session.refusals() + " requests refused");
    }

    private void row(String name, String value) {
        out.printf(Locale.ROOT, "%-12s %s%n", name, value);
    }

    private String time(Instant instant) {
        return TIME.format(instant.atZone(zone));
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String span(Duration duration) {
        if (duration.toDays() > 0) {
            return "%s d %s h".formatted(duration.toDays(), duration.toHoursPart());
        }
        if (duration.toHours() > 0) {
            return "%s h %s min".formatted(duration.toHours(), duration.toMinutesPart());
        }
        return duration.toMinutes() > 0
                ? "%s min %s s".formatted(duration.toMinutes(), duration.toSecondsPart())
                : "%s s".formatted(duration.toSeconds());
    }
}
