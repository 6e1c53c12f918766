package zap.shell.store;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityKey;

/** What the client remembers about itself. */
public final class ProfileSettings {

    /**
     * Whom to believe that they are the server.
     *
     * @param authorities certificates of those whose signature counts, in PEM; null for those that the system trusts
     * @param pin of the server's key; null when it may have any
     */
    public record Tls(
            @Nullable String authorities, @Nullable String pin) {

        /** As the system says. */
        public static final Tls USUAL = new Tls(null, null);
    }

    /**
     * Where a server is, and how it speaks.
     *
     * @param tls null when nothing is encrypted
     */
    public record Server(
            String host,
            int port,
            boolean shortFrames,
            @Nullable Tls tls) {

        public static final int PORT = 7777;
        public static final int SHORT_FRAMES_PORT = 7778;
        public static final int TLS_PORT = 7779;

        /** The scheme of an address that says to encrypt, and the one that says not to. */
        public static final String ENCRYPTED = "zaps://";

        public static final String IN_THE_CLEAR = "zap://";

        /** One in the clear. */
        public Server(String host, int port, boolean shortFrames) {
            this(host, port, shortFrames, null);
        }

        /** Reads {@code host}, {@code host:port} or {@code [v6]:port}; with {@code zaps://} before it, it is encrypted. */
        public static Server parse(String text, boolean shortFrames) {
            return text.startsWith(ENCRYPTED) ? parse(text, shortFrames, Tls.USUAL) : parse(text, shortFrames, null);
        }

        /**
         * The same, where it is known whether it is encrypted, and how.
         *
         * @param encrypted null when it is not
         */
        public static Server parse(String address, boolean shortFrames, @Nullable Tls encrypted) {
            String text = address.replaceFirst("^(" + ENCRYPTED + "|" + IN_THE_CLEAR + ")", "");
            int usual = usualPort(shortFrames, encrypted != null);
            int colon = text.lastIndexOf(':');
            boolean bare = colon < 0 || text.endsWith("]") || (text.indexOf(':') != colon && !text.contains("]:"));
            String host = bare ? text : text.substring(0, colon);
            host = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
            if (host.isBlank()) {
                throw new IllegalArgumentException(text);
            }
            int port = bare ? usual : Integer.parseInt(text.substring(colon + 1));
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException(text);
            }
            return new Server(host, port, shortFrames, encrypted);
        }

        /** The port that servers have for it, unless somebody has chosen another. */
        public static int usualPort(boolean shortFrames, boolean encrypted) {
            return encrypted ? TLS_PORT : shortFrames ? SHORT_FRAMES_PORT : PORT;
        }

        public static Server usual() {
            return new Server("localhost", PORT, false);
        }

        /** The same, and that it is encrypted, if it is; what {@link #parse} reads too. */
        public String uri() {
            return (tls == null ? "" : ENCRYPTED) + address();
        }

        /** As it is written and typed; what {@link #parse} reads. */
        public String address() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
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

    /** What proves that we are who we are; empty when the number is all there is. */
    public Optional<IdentityKey> key() {
        return get("key").map(secret -> keyOf(secret, "public-key"));
    }

    /** Whether there is something that proves who we are; does not look at it. */
    public boolean hasKey() {
        return get("key").isPresent();
    }

    /**
     * Returns the key with which to register at a server: the one that was drawn before, if it was for this server, so that a number whose
     * 02 was lost is found again. It is on disk when this returns.
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
     * Returns the stream for a number that takes the place of the present one: the one that was drawn before, for the same reason. It is on
     * disk when this returns.
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

    /** Becomes somebody. */
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

    /** The stream on which our frames are counted, if there is one yet. */
    public Optional<StreamId> stream() {
        return get("stream").map(StreamId::parse);
    }

    public void stream(StreamId stream) {
        set("stream", stream.toString());
    }

    /** Up to where our mailbox is on this disk. */
    public Position position() {
        return new Position(count("position"));
    }

    public void position(Position position) {
        count("position", position.value());
    }

    /** Whether this server is known to speak assured sessions. From then on nothing less is spoken with it. */
    public boolean isAssured(Server server) {
        return get("assured-at").equals(Optional.of(server.address()));
    }

    public void assured(Server server) {
        if (!isAssured(server)) {
            set("assured-at", server.address());
        }
    }

    /** When this server was last found not to speak assured sessions. */
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

    /** Whether people are told that their messages were read. */
    public boolean receipts() {
        return get("receipts").orElse("on").equals("on");
    }

    /** Says whether people are told. Saying that they are is also the person's word for what is behind a hole. */
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
     * Returns the number of the newest message before the first hole behind which nobody is told what was read; empty when there is no
     * such hole.
     */
    public Optional<Long> hole() {
        return get(HOLE).map(Long::parseLong);
    }

    /** Notes that a hole begins behind this message. An earlier hole goes before. */
    public void holeBehind(long message) {
        if (hole().filter(earlier -> earlier <= message).isEmpty()) {
            set(HOLE, Long.toString(message));
        }
    }

    /** Notes that there is no hole any more. */
    void withoutHole() {
        put(HOLE, null);
    }

    /** Whether this server is known to answer marks (see BaseSession). */
    public boolean marksAnswered() {
        return get("marks-answered").equals(server().map(Server::address));
    }

    public void marksAnswered(Server server) {
        set("marks-answered", server.address());
    }

    /** The last number that {@link #nextCount} gave. */
    public long count(String name) {
        return get("count-" + name).map(Long::parseLong).orElse(0L);
    }

    /** One more than ever before. */
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

    /** Sets it, or forgets it. */
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
