package zap.shell.store;

import java.util.Optional;
import zap.protocol.ClientId;

/** What the client remembers about itself. */
public final class Settings {

    /** Where a server is, and how it speaks. */
    public record Server(String host, int port, boolean shortFrames) {

        public static final int PORT = 7777;
        public static final int SHORT_FRAMES_PORT = 7778;

        /** Reads {@code host}, {@code host:port} or {@code [v6]:port}. */
        public static Server parse(String text, boolean shortFrames) {
            int usual = shortFrames ? SHORT_FRAMES_PORT : PORT;
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
            return new Server(host, port, shortFrames);
        }

        public static Server usual() {
            return new Server("localhost", PORT, false);
        }

        /** As it is written and typed; what {@link #parse} reads. */
        public String address() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    private final Database database;

    public Settings(Database database) {
        this.database = database;
    }

    public Optional<ClientId> self() {
        return get("id").map(ClientId::parse);
    }

    public void self(ClientId id) {
        set("id", id.toString());
    }

    public Optional<Server> server() {
        return get("server")
                .map(address -> Server.parse(address, get("wire").orElse("main").equals("recv")));
    }

    public void server(Server server) {
        database.inTransaction(jdbc -> {
            set("server", server.address());
            set("wire", server.shortFrames() ? "recv" : "main");
            return true;
        });
    }

    /** Whether people are told that their messages were read. */
    public boolean receipts() {
        return get("receipts").orElse("on").equals("on");
    }

    public void receipts(boolean on) {
        set("receipts", on ? "on" : "off");
    }

    /** Whether this server is known to answer marks (see PostOffice). */
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

    private Optional<String> get(String name) {
        return database.with(jdbc -> jdbc.sql("select value from setting where name = ?")
                .param(name)
                .query(String.class)
                .optional());
    }

    private void set(String name, String value) {
        database.with(jdbc -> jdbc.sql(
                        "insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value")
                .params(name, value)
                .update());
    }
}
