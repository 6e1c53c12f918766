package zap.shell.store;

import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityKey;

/** The settings of a profile: its identity, its server, and its counters. */
public final class ProfileSettings {

    /**
     * The checks of a server's certificate.
     *
     * @param authorities the certificates that may sign it, in PEM; null for those that the system trusts
     * @param pin of the server's key; null when it may have any key
     */
    public record Tls(
            @Nullable String authorities, @Nullable String pin) {

        /** Trusts the system's authorities, and any key. */
        public static final Tls USUAL = new Tls(null, null);
    }

    /**
     * An address of a server.
     *
     * @param host a name or an IP address
     */
    public record HostAndPort(String host, int port) {

        /** Parses {@code host}, {@code host:port} or {@code [v6]:port}. */
        static HostAndPort parse(String text, int usualPort) {
            int colon = text.lastIndexOf(':');
            boolean bare = colon < 0 || text.endsWith("]") || (text.indexOf(':') != colon && !text.contains("]:"));
            String host = bare ? text : text.substring(0, colon);
            host = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
            if (host.isBlank()) {
                throw new IllegalArgumentException(text);
            }
            int port = bare ? usualPort : Integer.parseInt(text.substring(colon + 1));
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException(text);
            }
            return new HostAndPort(host, port);
        }

        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * The addresses of a server, and the framing and encryption to use there.
     *
     * @param addresses the preferred one first. Several are those of servers that share a database: a client may
     *     connect to any
     * @param tls null when nothing is encrypted
     */
    public record Server(
            List<HostAndPort> addresses,
            boolean shortFrames,
            @Nullable Tls tls) {

        public static final int PORT = 7777;
        public static final int SHORT_FRAMES_PORT = 7778;
        public static final int TLS_PORT = 7779;

        /** The scheme of an address with encryption. {@link #IN_THE_CLEAR} is the scheme of one without. */
        public static final String ENCRYPTED = "zaps://";

        public static final String IN_THE_CLEAR = "zap://";

        private static final int MAX_ADDRESSES = 16;

        public Server {
            addresses = List.copyOf(addresses);
            if (addresses.isEmpty() || addresses.size() > MAX_ADDRESSES) {
                throw new IllegalArgumentException(addresses.size() + " addresses");
            }
        }

        /** A server with one address. */
        public Server(String host, int port, boolean shortFrames, @Nullable Tls tls) {
            this(List.of(new HostAndPort(host, port)), shortFrames, tls);
        }

        /** A server with one address, without encryption. */
        public Server(String host, int port, boolean shortFrames) {
            this(host, port, shortFrames, null);
        }

        /**
         * Parses {@code host}, {@code host:port} or {@code [v6]:port}, or several of these with commas between. With
         * {@code zaps://} before them, they are encrypted.
         */
        public static Server parse(String text, boolean shortFrames) {
            return text.startsWith(ENCRYPTED) ? parse(text, shortFrames, Tls.USUAL) : parse(text, shortFrames, null);
        }

        /**
         * Parses addresses with encryption given separately.
         *
         * @param encrypted null when it is not encrypted
         */
        public static Server parse(String address, boolean shortFrames, @Nullable Tls encrypted) {
            String text = address.replaceFirst("^(" + ENCRYPTED + "|" + IN_THE_CLEAR + ")", "");
            int usual = usualPort(shortFrames, encrypted != null);
            List<HostAndPort> addresses = Arrays.stream(text.split(",", -1))
                    .map(part -> HostAndPort.parse(part.strip(), usual))
                    .distinct()
                    .toList();
            return new Server(addresses, shortFrames, encrypted);
        }

        /** Returns the default port of servers for this framing and encryption. */
        public static int usualPort(boolean shortFrames, boolean encrypted) {
            return encrypted ? TLS_PORT : shortFrames ? SHORT_FRAMES_PORT : PORT;
        }

        public static Server usual() {
            return new Server("localhost", PORT, false);
        }

        /** Returns the addresses with their scheme if they are encrypted, as {@link #parse} reads it. */
        public String uri() {
            return (tls == null ? "" : ENCRYPTED) + address();
        }

        /** Returns the addresses as users type them, and as {@link #parse} reads them. */
        public String address() {
            return addresses.stream().map(HostAndPort::toString).collect(Collectors.joining(","));
        }
    }

    private static final HexFormat HEX = HexFormat.of();

    private static final String HOLE = "hole";

    private final ProfileDatabase database;

    public ProfileSettings(ProfileDatabase database) {
        this.database = database;
    }

    public Optional<ClientId> self() {
        return get("id").map(ClientId::parse);
    }

    public void self(ClientId id) {
        set("id", id.toString());
    }

    /** Returns the key that proves the identity; empty when the number is all there is. */
    public Optional<IdentityKey> key() {
        return get("key").map(secret -> keyOf(secret, "public-key"));
    }

    /** Returns whether there is a key, without reading it. */
    public boolean hasKey() {
        return get("key").isPresent();
    }

    /**
     * Returns the key with which to register at a server.
     *
     * <p>It is the key that was drawn for this server before, if there is one: so a number whose 02 was lost is found
     * again. It is on disk when this returns.
     */
    public IdentityKey keyToRegister(Server at) {
        return database.inTransaction(jdbc -> {
            Optional<IdentityKey> drawn = get("drawn-at")
                    .filter(at.address()::equals)
                    .flatMap(same -> get("drawn-key"))
                    .map(secret -> keyOf(secret, "drawn-public-key"));
            if (drawn.isPresent()) {
                return drawn.get();
            }
            IdentityKey fresh = IdentityKey.generate();
            set("drawn-at", at.address());
            set("drawn-key", HEX.formatHex(fresh.pkcs8()));
            set("drawn-public-key", fresh.publicKey().toString());
            return fresh;
        });
    }

    /**
     * Returns the stream for a number that takes the place of the present one. It is the stream that was drawn before,
     * if there is one. It is on disk when this returns.
     */
    public StreamId streamToRegister(Supplier<StreamId> fresh) {
        return database.inTransaction(jdbc -> get("drawn-stream")
                .map(StreamId::parse)
                .orElseGet(() -> {
                    StreamId drawn = fresh.get();
                    set("drawn-stream", drawn.toString());
                    return drawn;
                }));
    }

    private IdentityKey keyOf(String secret, String publicKey) {
        return IdentityKey.of(
                HEX.parseHex(secret),
                PublicKeyBytes.of(HEX.parseHex(get(publicKey).orElseThrow())));
    }

    /** Sets the identity, and forgets the key and stream that were drawn for a registration. */
    public void identity(Server at, ClientId id, Optional<IdentityKey> key) {
        database.inTransaction(jdbc -> {
            server(at);
            self(id);
            put("key", key.map(pair -> HEX.formatHex(pair.pkcs8())).orElse(null));
            put("public-key", key.map(pair -> pair.publicKey().toString()).orElse(null));
            put("drawn-at", null);
            put("drawn-key", null);
            put("drawn-public-key", null);
            put("drawn-stream", null);
            return true;
        });
    }

    /** Returns the stream on which this store's frames are counted; empty before the first session. */
    public Optional<StreamId> stream() {
        return get("stream").map(StreamId::parse);
    }

    public void stream(StreamId stream) {
        set("stream", stream.toString());
    }

    /** Returns the position up to which the mailbox is on this disk. */
    public Position position() {
        return new Position(count("position"));
    }

    public void position(Position position) {
        count("position", position.value());
    }

    /**
     * Returns whether this server is known to support assured sessions. From then on the client accepts nothing less
     * from it.
     */
    public boolean isAssured(Server server) {
        return get("assured-at").equals(Optional.of(server.address()));
    }

    public void assured(Server server) {
        if (!isAssured(server)) {
            set("assured-at", server.address());
        }
    }

    /** Returns when this server was last found not to support assured sessions. */
    public Optional<Instant> foundBase(Server server) {
        return get("base-at").equals(Optional.of(server.address()))
                ? Optional.of(Instant.ofEpochSecond(count("base-found")))
                : Optional.empty();
    }

    public void foundBase(Server server, Instant now) {
        database.inTransaction(jdbc -> {
            set("base-at", server.address());
            count("base-found", now.getEpochSecond());
            return true;
        });
    }

    public Optional<Server> server() {
        return get("server").map(address -> {
            String wire = get("wire").orElse("main");
            @Nullable
            Tls tls = wire.equals("tls")
                    ? new Tls(
                            get("tls-authorities").orElse(null), get("tls-pin").orElse(null))
                    : null;
            return Server.parse(address, wire.equals("recv"), tls);
        });
    }

    public void server(Server server) {
        database.inTransaction(jdbc -> {
            set("server", server.address());
            @Nullable Tls tls = server.tls();
            set("wire", tls != null ? "tls" : server.shortFrames() ? "recv" : "main");
            put("tls-authorities", tls == null ? null : tls.authorities());
            put("tls-pin", tls == null ? null : tls.pin());
            return true;
        });
    }

    /** Returns whether read receipts are sent. */
    public boolean receipts() {
        return get("receipts").orElse("on").equals("on");
    }

    /** Sets whether read receipts are sent. Turning them on also allows them for messages behind a hole. */
    public void receipts(boolean on) {
        database.inTransaction(jdbc -> {
            set("receipts", on ? "on" : "off");
            if (on) {
                put(HOLE, null);
            }
            return true;
        });
    }

    /**
     * Returns the newest message before the first hole behind which no read receipts are sent; empty when there is
     * none.
     */
    public Optional<Long> hole() {
        return get(HOLE).map(Long::parseLong);
    }

    /** Records that a hole begins behind this message. An earlier hole takes precedence. */
    public void holeBehind(long message) {
        if (hole().filter(earlier -> earlier <= message).isEmpty()) {
            set(HOLE, Long.toString(message));
        }
    }

    /** Forgets the hole. */
    void withoutHole() {
        put(HOLE, null);
    }

    /** Returns whether this server is known to answer marks (see {@code BaseSession}). */
    public boolean marksAnswered() {
        return get("marks-answered").equals(server().map(Server::address));
    }

    public void marksAnswered(Server server) {
        set("marks-answered", server.address());
    }

    /** Returns the value of a counter; 0 when it has none. */
    public long count(String name) {
        return get("count-" + name).map(Long::parseLong).orElse(0L);
    }

    /** Raises a counter by one, and returns its new value. */
    public long nextCount(String name) {
        return database.inTransaction(jdbc -> {
            long next = count(name) + 1;
            set("count-" + name, Long.toString(next));
            return next;
        });
    }

    public void count(String name, long value) {
        set("count-" + name, Long.toString(value));
    }

    Optional<String> get(String name) {
        return database.with(jdbc -> jdbc.sql("select value from setting where name = ?")
                .param(name)
                .query(String.class)
                .optional());
    }

    /** Sets a setting, or deletes it when the value is null. */
    void put(String name, @Nullable String value) {
        if (value != null) {
            set(name, value);
        } else {
            database.with(jdbc ->
                    jdbc.sql("delete from setting where name = ?").param(name).update());
        }
    }

    private void set(String name, String value) {
        database.with(jdbc -> jdbc.sql(
                        "insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value")
                .params(name, value)
                .update());
    }
}
