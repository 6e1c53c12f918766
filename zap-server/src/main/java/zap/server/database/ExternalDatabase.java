package zap.server.database;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL that the operator runs, on one host or on several, of which one is the primary.
 *
 * <p>Its connections have time limits unless the URL sets others. {@link #SOCKET_TIMEOUT} applies to every answer of
 * the pool's connections, because a primary that hangs would otherwise block the writer for ever. A statement that
 * takes longer loses its connection, but nothing else: the writer asks the database for the fate of its batch, and
 * housekeeping tries again. The limit is lifted where a statement may rightly take long: for migrations ({@link
 * DowngradeCheck}) and for sums over all clients. Backups use connections of their own.
 *
 * @param address the hosts and the name, as in {@code //host:5432/name}
 * @param parameters further parameters of the driver, in the form after the question mark of a URL; empty when there
 *     are none
 */
record ExternalDatabase(
        String address,
        String parameters,
        @Nullable String user,
        @Nullable String secret) implements Database {

    /**
     * Seconds until an answer that does not come counts as a lost connection. Longer than any statement of zap on a
     * busy disk, and about as long as the usual tools need to promote a standby: there is no one to turn to earlier.
     */
    static final int SOCKET_TIMEOUT = 30;

    /** Seconds for a TCP connection to one host. */
    private static final int CONNECT_TIMEOUT = 5;

    /** The characters before the hosts. */
    private static final String AUTHORITY = "//";

    private static final String SOCKET_TIMEOUT_NAME = "socketTimeout";
    private static final String CONNECT_TIMEOUT_NAME = "connectTimeout";
    private static final String SERVER_TYPE_NAME = "targetServerType";

    private static final Pattern URL = Pattern.compile("(?:jdbc:)?postgres(?:ql)?:([^?]*)(?:\\?(.*))?");

    /**
     * The form of an address. A name without a host is a database on this machine; several hosts are tried in the given
     * order.
     */
    private static final Pattern ADDRESS = Pattern.compile("(?:/|//(?:HOST(?:,HOST)*)?/?)?[^/@:]*"
            .replace("HOST", "(?:[^/@:,\\[\\]]+|\\[[0-9A-Fa-f:.%]+])(?::\\d{1,5})?"));

    /** The parameters that PostgreSQL's own programs and its Java driver name differently. */
    private static final Map<String, String> NAMES = Map.of(
            "application_name", "ApplicationName",
            "connect_timeout", "connectTimeout",
            "channel_binding", "channelBinding",
            "gssencmode", "gssEncMode",
            "keepalives", "tcpKeepAlive",
            "target_session_attrs", "targetServerType");

    /**
     * Parses both forms of a PostgreSQL address: that of Java ({@code jdbc:postgresql://host/name?user=…}) and that of
     * its own programs ({@code postgres://user:password@host/name}). Takes the credentials out of it, because the
     * address is shown to operators and by libraries.
     *
     * @param user the role, which overrides that of the address; null to use that of the address
     * @param secret the password, which overrides that of the address; null to use that of the address
     * @throws CannotUseDatabaseException when the address is malformed; the message does not show it
     */
    static ExternalDatabase of(String url, @Nullable String user, @Nullable String secret) {
        Matcher parts = URL.matcher(url.strip());
        if (!parts.matches()) {
            throw cannotBeRead();
        }
        String address = parts.group(1);
        String givenUser = user;
        String givenSecret = secret;
        int end = address.lastIndexOf('@');
        if (end >= 0) {
            if (!address.startsWith("//")) {
                throw cannotBeRead();
            }
            String[] who = address.substring(2, end).split(":", 2);
            address = "//" + address.substring(end + 1);
            givenUser = given(givenUser) ? givenUser : decoded(who[0]);
            givenSecret = given(givenSecret) || who.length == 1 ? givenSecret : decoded(who[1]);
        }
        if (!ADDRESS.matcher(address).matches()) {
            throw cannotBeRead();
        }
        var kept = new ArrayList<String>();
        for (String parameter : parts.group(2) == null
                ? List.<String>of()
                : List.of(parts.group(2).split("&", -1))) {
            String[] pair = parameter.split("=", 2);
            String value = pair.length == 1 ? "" : pair[1];
            switch (pair[0]) {
                case "" -> {}
                case "user" -> givenUser = given(givenUser) ? givenUser : decoded(value);
                case "password" -> givenSecret = given(givenSecret) ? givenSecret : decoded(value);
                default -> kept.add(NAMES.getOrDefault(pair[0], pair[0]) + "=" + driversValue(pair[0], value));
            }
        }
        return new ExternalDatabase(address, String.join("&", kept), givenUser, givenSecret);
    }

    private static String driversValue(String name, String value) {
        return switch (name) {
            case "keepalives" -> value.equals("0") ? "false" : "true";
            case "target_session_attrs" -> value.equals("read-write") ? "primary" : value;
            default -> value;
        };
    }

    private static boolean given(@Nullable String value) {
        return value != null && !value.isEmpty();
    }

    private static String decoded(String text) {
        try {
            // URLDecoder would turn a plus sign into a blank.
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text; // a password that was not percent-encoded
        }
    }

    private static CannotUseDatabaseException cannotBeRead() {
        return new CannotUseDatabaseException(
                "zap.database.url (ZAP_DATABASE_URL) is not the address of a PostgreSQL. It is not shown here, because it may contain a password.",
                "Write jdbc:postgresql://HOST:PORT/NAME (several hosts: //ONE,OTHER/NAME), and set role and password in zap.database.user and zap.database.password"
                        + " (ZAP_DATABASE_USER, ZAP_DATABASE_PASSWORD). postgres://USER:PASSWORD@HOST:PORT/NAME is understood as well;"
                        + " there the characters @ : / ? # % of a password are written as %40 %3A %2F %3F %23 %25.");
    }

    /**
     * Returns the URL, with what zap needs unless it says otherwise: time limits, the primary of several hosts, and
     * rewritten batches. Without the last, a batch of inserts costs many times as much.
     */
    @Override
    public String getJdbcUrl() {
        return url(Map.of());
    }

    /** Returns the URL with another time limit of an answer, in seconds, for the login. */
    String urlForLogin(int socketTimeout) {
        return url(Map.of(SOCKET_TIMEOUT_NAME, Integer.toString(socketTimeout)));
    }

    /** Returns the URL for a connection that only looks, with a short time limit, in seconds, for all of its login. */
    String urlForLook(int seconds) {
        String limit = Integer.toString(seconds);
        return url(Map.of("loginTimeout", limit, SOCKET_TIMEOUT_NAME, limit));
    }

    private String url(Map<String, String> overriding) {
        var all = new LinkedHashMap<>(parameterMap());
        all.putIfAbsent("reWriteBatchedInserts", "true");
        all.putIfAbsent(CONNECT_TIMEOUT_NAME, Integer.toString(CONNECT_TIMEOUT));
        all.putIfAbsent(SOCKET_TIMEOUT_NAME, Integer.toString(SOCKET_TIMEOUT));
        all.putIfAbsent("tcpKeepAlive", "true");
        if (hostNames().size() > 1) {
            all.putIfAbsent(SERVER_TYPE_NAME, "primary");
        }
        all.putAll(overriding);
        return "jdbc:postgresql:" + address + "?"
                + all.entrySet().stream()
                        .map(parameter -> parameter.getValue().isEmpty()
                                ? parameter.getKey()
                                : parameter.getKey() + "=" + parameter.getValue())
                        .collect(Collectors.joining("&"));
    }

    private Map<String, String> parameterMap() {
        var map = new LinkedHashMap<String, String>();
        for (String parameter : parameters.split("&", -1)) {
            String[] pair = parameter.split("=", 2);
            if (!pair[0].isEmpty()) {
                map.put(pair[0], pair.length == 1 ? "" : pair[1]);
            }
        }
        return map;
    }

    /** Returns the seconds after which an answer that does not come counts as a lost connection; 0 for never. */
    int socketTimeout() {
        String given = parameterMap().getOrDefault(SOCKET_TIMEOUT_NAME, "");
        // The driver refuses what is not a number.
        return given.matches("\\d{1,6}") ? Integer.parseInt(given) : SOCKET_TIMEOUT;
    }

    /** Returns the same database at each of its hosts alone, whether that is the primary or not. */
    List<ExternalDatabase> hosts() {
        if (!address.startsWith(AUTHORITY)) {
            return List.of(this); // this machine
        }
        String path = address.replaceFirst("^//[^/]*", "");
        String others = parameterMap().entrySet().stream()
                .filter(parameter -> !parameter.getKey().equals(SERVER_TYPE_NAME))
                .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
                .collect(Collectors.joining("&"));
        return hostNames().stream()
                .map(host -> new ExternalDatabase(AUTHORITY + host + path, others, user, secret))
                .toList();
    }

    private List<String> hostNames() {
        return address.startsWith(AUTHORITY)
                ? List.of(address.substring(AUTHORITY.length()).split("/", 2)[0].split(",", -1))
                : List.of();
    }

    @Override
    public @Nullable String getUsername() {
        return user;
    }

    @Override
    public @Nullable String getPassword() {
        return secret;
    }

    /** Returns whether the driver is set to prepare nothing that outlives a transaction. */
    boolean preparesNothing() {
        return List.of(parameters.split("&", -1)).contains("prepareThreshold=0");
    }

    @Override
    public Optional<String> adminToken() {
        return Optional.empty();
    }

    @Override
    public Optional<Path> scratch() {
        return Optional.empty();
    }

    /** Describes the database without the parameters, because one of them may be the password of a TLS key. */
    @Override
    public String described() {
        return "postgresql:" + address;
    }

    @Override
    public String toString() {
        return described();
    }
}
