package zap.server.database;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL that somebody else runs.
 *
 * @param address the hosts and the name, as in {@code //host:5432/name}
 * @param parameters what the driver is told besides, as it stands after the question mark; empty when nothing
 */
record ExternalDatabase(
        String address,
        String parameters,
        @Nullable String user,
        @Nullable String secret) implements Database {

    private static final String REWRITE = "reWriteBatchedInserts";

    private static final Pattern URL = Pattern.compile("(?:jdbc:)?postgres(?:ql)?:([^?]*)(?:\\?(.*))?");

    /** A name alone is one on this machine; several hosts are tried in their order. */
    private static final Pattern ADDRESS = Pattern.compile("(?:/|//(?:HOST(?:,HOST)*)?/?)?[^/@:]*"
            .replace("HOST", "(?:[^/@:,\\[\\]]+|\\[[0-9A-Fa-f:.%]+])(?::\\d{1,5})?"));

    /** What the programs of PostgreSQL call otherwise than its driver for Java. */
    private static final Map<String, String> NAMES = Map.of(
            "application_name", "ApplicationName",
            "connect_timeout", "connectTimeout",
            "channel_binding", "channelBinding",
            "gssencmode", "gssEncMode",
            "keepalives", "tcpKeepAlive",
            "target_session_attrs", "targetServerType");

    /**
     * Understands both ways to write where a PostgreSQL is: that of Java ({@code jdbc:postgresql://host/name?user=…}) and that of its own
     * programs ({@code postgres://user:password@host/name}). What proves the user to the database is taken out of it, as an address is shown
     * to people and by libraries.
     *
     * @param user who to be, whatever the address says; null leaves it to that
     * @param secret the password, whatever the address says; null leaves it to that
     * @throws CannotUseDatabaseException when it cannot be understood; the message does not show it
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
            // A plus sign is a plus sign here.
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text; // a password that was not meant to be decoded
        }
    }

    private static CannotUseDatabaseException cannotBeRead() {
        return new CannotUseDatabaseException(
                "zap.database.url (ZAP_DATABASE_URL) is not the address of a PostgreSQL. It is not shown here, as it may hold a password.",
                "Write jdbc:postgresql://HOST:PORT/NAME, and who to be in zap.database.user and zap.database.password"
                        + " (ZAP_DATABASE_USER, ZAP_DATABASE_PASSWORD). postgres://USER:PASSWORD@HOST:PORT/NAME is understood as well;"
                        + " there the characters @ : / ? # % of a password are written as %40 %3A %2F %3F %23 %25.");
    }

    /** Without the rewriting a batch of inserts costs many times as much, so it is on unless the URL says otherwise. */
    @Override
    public String getJdbcUrl() {
        String all = parameters.contains(REWRITE)
                ? parameters
                : parameters + (parameters.isEmpty() ? "" : "&") + REWRITE + "=true";
        return "jdbc:postgresql:" + address + "?" + all;
    }

    @Override
    public @Nullable String getUsername() {
        return user;
    }

    @Override
    public @Nullable String getPassword() {
        return secret;
    }

    /** Whether the driver is told to prepare nothing that outlives a transaction. */
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

    /** What follows the question mark may be a password, of a key for TLS. */
    @Override
    public String described() {
        return "postgresql:" + address;
    }

    @Override
    public String toString() {
        return described();
    }
}
