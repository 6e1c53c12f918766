package zap.shell.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import zap.protocol.ClientId;
import zap.shell.store.Messages.DeliveryState;

/**
 * Copies the readable part of a damaged store into a new one: first the number and its key, then people, groups and
 * messages.
 *
 * <p>It works on a copy, and the damaged file is kept. The stream of the assured session is not copied, because some of
 * its frames may be missing: the next session begins a new one. So the outcome of messages on their way is not known,
 * and they become unsure.
 */
public final class Rescue {

    private static final Logger log = LoggerFactory.getLogger(Rescue.class);

    private static final String DAMAGED = "zap.db.damaged";

    /** The tables with a row number, and the column that holds it. */
    private static final Map<String, String> ROWS = Map.of(
            "person", "id",
            "chat_group", "id",
            "muted", "chat",
            "message", "number",
            "read_mark", "person",
            "mailbox_digest", "position",
            "history_event", "id");

    private static final List<String> TABLES = List.of(
            "setting",
            "person",
            "chat_group",
            "group_member",
            "message",
            "muted",
            "receipt",
            "progress",
            "read_mark",
            "mailbox_digest",
            "history_event");

    /** The former names of columns, in stores of version 7 or older. */
    private static final Map<String, String> FORMER_NAMES = Map.of("mark", "clock", "told_mark", "told_clock");

    /** The tables that the first version of a store had. */
    private static final List<String> FIRST_TABLES =
            List.of("setting", "person", "chat_group", "group_member", "message", "muted", "receipt", "read_mark");

    /**
     * The size of the header in SQLite's file format. Then follow the place of the number of pages, and the kind of
     * page that refers to others.
     */
    private static final int HEADER_BYTES = 100;

    private static final int SIZE_AT = 28;
    private static final int PAGE_BYTES = 4096;
    private static final byte INTERIOR = 0x05;

    /** The settings of the assured session's stream, which are not copied. */
    private static final String STREAM =
            "'stream', 'count-ordinal', 'count-accepted', 'count-malformed-at', 'count-stream-without-digests'";

    /** An Ed25519 key in PKCS #8 as hexadecimal digits. The prefix before its 32 bytes is always the same. */
    private static final Pattern KEY = Pattern.compile("302e020100300506032b657004220420[0-9a-f]{64}");

    private static final Pattern PUBLIC_KEY = Pattern.compile("(?<!drawn-)public-key([0-9a-f]{64})");
    private static final Pattern NUMBER = Pattern.compile("id(\\d{13})");

    /**
     * A row of the table of settings. Its header has the lengths of both texts, the value's as 13 plus twice its bytes.
     */
    private static final Pattern SERVER = Pattern.compile("\\x03\\x19([\\x0d-\\x7f])server");

    private final Profile profile;

    /**
     * The result of a rescue.
     *
     * @param number empty when not even the number could be read; then nothing was changed
     * @param unsure the number of messages that were on their way
     * @param damaged where the damaged file is now
     */
    public record Saved(
            Optional<ClientId> number,
            boolean key,
            long people,
            long groups,
            long messages,
            long unsure,
            Path damaged) {}

    public Rescue(Profile profile) {
        this.profile = profile;
    }

    /** Returns whether the store is damaged. */
    public boolean isNeeded() {
        if (!Files.isRegularFile(profile.database())) {
            return false;
        }
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            return !database.check().equals("ok");
        } catch (RuntimeException e) {
            if (StoreFault.of(e).filter(StoreFault.DAMAGED::equals).isPresent()) {
                return true;
            }
            throw e;
        }
    }

    /**
     * Saves everything that can be read. The caller holds the session lock.
     *
     * @throws IOException when the disk cannot be written; then nothing was changed
     */
    public Saved save() throws IOException {
        profile.makeWorkspace();
        try {
            return save(
                    profile.workspace().resolve("damaged.db"),
                    profile.workspace().resolve("rescued.db"));
        } finally {
            profile.clearWorkspace();
        }
    }

    private Saved save(Path damaged, Path rescued) throws IOException {
        Files.copy(profile.database(), damaged);
        if (Files.exists(logOf(profile.database()))) {
            Files.copy(logOf(profile.database()), logOf(damaged));
        }
        Profile.newPrivateFile(rescued);
        Saved saved;
        try (ProfileDatabase fresh = ProfileDatabase.open(rescued)) {
            copyTables(damaged, fresh);
            findIdentity(damaged, fresh);
            long unsure = settle(fresh);
            var settings = new ProfileSettings(fresh);
            saved = new Saved(
                    settings.self(),
                    settings.hasKey(),
                    count(fresh, "person"),
                    count(fresh, "chat_group"),
                    count(fresh, "message"),
                    unsure,
                    nameForDamaged());
        }
        if (saved.number().isPresent()) {
            exchange(rescued, saved.damaged());
        }
        return saved;
    }

    private static long count(ProfileDatabase database, String table) {
        return database.with(jdbc ->
                jdbc.sql("select count(*) from " + table).query(Long.class).single());
    }

    private static Path logOf(Path database) {
        return database.resolveSibling(database.getFileName() + "-wal");
    }

    private Path nameForDamaged() {
        Path name = profile.folder().resolve(DAMAGED);
        for (int i = 2; Files.exists(name); i++) {
            name = profile.folder().resolve(DAMAGED + "-" + i);
        }
        return name;
    }

    /** Exchanges the files. The damaged file keeps its own log, because SQLite would apply it to the new file. */
    private void exchange(Path rescued, Path damaged) throws IOException {
        Path file = profile.database();
        Files.copy(file, damaged, StandardCopyOption.COPY_ATTRIBUTES);
        if (Files.exists(logOf(file))) {
            Files.move(logOf(file), logOf(damaged));
        }
        Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-shm"));
        Files.move(rescued, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void copyTables(Path damaged, ProfileDatabase fresh) throws IOException {
        if (!copy(damaged, TABLES, fresh)) {
            lendSchema(damaged);
            copy(damaged, FIRST_TABLES, fresh);
        }
    }

    /** Copies the tables that it finds, and returns whether it has found the table of settings. */
    private static boolean copy(Path damaged, List<String> tables, ProfileDatabase fresh) {
        try (Connection from = new SQLiteConfig().createConnection(ProfileDatabase.URL + damaged);
                Statement statement = from.createStatement()) {
            // SQLite then also opens a file that is shorter than it should be.
            statement.execute("pragma writable_schema = on");
            if (columnsThere(from, "setting").isEmpty()) {
                return false;
            }
            for (String table : tables) {
                copy(from, table, fresh);
            }
            return true;
        } catch (SQLException e) {
            log.warn("The damaged store cannot be read as one: {}", e.toString());
            return false;
        }
    }

    /**
     * Overwrites the list of tables in the damaged file with that of an empty store.
     *
     * <p>The first tables have the same pages in all stores, because an empty file creates them in one order.
     */
    private void lendSchema(Path damaged) throws IOException {
        Path empty = profile.workspace().resolve("empty.db");
        Profile.newPrivateFile(empty);
        ProfileDatabase.open(empty).close();
        ByteBuffer pages = ByteBuffer.wrap(Files.readAllBytes(empty));
        try (FileChannel file = FileChannel.open(damaged, StandardOpenOption.WRITE)) {
            for (int page : schemaPages(pages)) {
                file.write(pages.slice((page - 1) * PAGE_BYTES, PAGE_BYTES), (page - 1L) * PAGE_BYTES);
            }
            var size = ByteBuffer.allocate(Integer.BYTES);
            size.putInt(0, (int) (file.size() / PAGE_BYTES));
            file.write(size, SIZE_AT);
        }
    }

    /** Returns the page with the list of tables, and the pages that it refers to when it is not the only one. */
    private static List<Integer> schemaPages(ByteBuffer pages) {
        var numbers = new ArrayList<>(List.of(1));
        if (pages.get(HEADER_BYTES) == INTERIOR) {
            numbers.add(pages.getInt(HEADER_BYTES + 8));
            int cells = pages.getShort(HEADER_BYTES + 3);
            for (int i = 0; i < cells; i++) {
                numbers.add(pages.getInt(pages.getShort(HEADER_BYTES + 12 + 2 * i)));
            }
        }
        return numbers;
    }

    private static List<String> columnsThere(Connection from, String table) {
        var there = new ArrayList<String>();
        try (Statement statement = from.createStatement();
                ResultSet row = statement.executeQuery("select * from " + table + " limit 0")) {
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                there.add(row.getMetaData().getColumnName(i));
            }
        } catch (SQLException e) {
            log.warn("Nothing of {} can be read: {}", table, e.toString());
        }
        return there;
    }

    private static void copy(Connection from, String table, ProfileDatabase fresh) {
        List<String> there = columnsThere(from, table);
        var columns = new ArrayList<>(columnsOf(fresh, table));
        columns.removeIf(column -> !there.contains(nameIn(there, column)));
        String select = "select "
                + columns.stream().map(column -> nameIn(there, column)).collect(Collectors.joining(", "))
                + " from " + table;
        if (columns.isEmpty()) {
            return;
        }
        @Nullable String number = ROWS.get(table);
        if (number == null) {
            String order = " order by " + keyOf(fresh, table);
            copyUntilDamage(from, select + order, table, columns, fresh);
            copyUntilDamage(from, select + order.replace(",", " desc,") + " desc", table, columns, fresh);
        } else {
            copyAroundDamage(from, select, table, number, columns, fresh);
            String backwards = select + " order by " + number + " desc";
            copyUntilDamage(from, backwards, table, columns, fresh);
        }
    }

    private static List<String> columnsOf(ProfileDatabase fresh, String table) {
        return fresh.with(jdbc -> jdbc.sql("select name from pragma_table_info(?) order by cid")
                .param(table)
                .query(String.class)
                .list());
    }

    private static String keyOf(ProfileDatabase fresh, String table) {
        List<String> key = fresh.with(jdbc -> jdbc.sql("select name from pragma_table_info(?) where pk > 0 order by pk")
                .param(table)
                .query(String.class)
                .list());
        return String.join(", ", key);
    }

    /** Returns the name of a column in a file with these columns, which an older version may have made. */
    private static String nameIn(List<String> there, String column) {
        return there.contains(column) ? column : FORMER_NAMES.getOrDefault(column, column);
    }

    private static void copyUntilDamage(
            Connection from, String query, String table, List<String> columns, ProfileDatabase fresh) {
        try (Statement statement = from.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            copyRows(rows, table, columns, fresh, new long[1], 0);
        } catch (SQLException e) {
            log.warn("Some of {} cannot be read: {}", table, e.toString());
        }
    }

    /** Continues behind damaged pages, with steps that grow until there is something to read again. */
    private static void copyAroundDamage(
            Connection from, String select, String table, String number, List<String> columns, ProfileDatabase fresh) {
        String query = select + " where " + number + " >= ? order by " + number;
        int place = columns.indexOf(number) + 1;
        long begin = 0;
        long step = 1;
        while (begin >= 0) {
            long[] last = {begin - 1};
            try (PreparedStatement statement = from.prepareStatement(query)) {
                statement.setLong(1, begin);
                try (ResultSet rows = statement.executeQuery()) {
                    copyRows(rows, table, columns, fresh, last, place);
                }
                return;
            } catch (SQLException e) {
                step = last[0] >= begin ? 1 : step * 2;
                // Ends when it becomes larger than a long.
                begin = last[0] + step;
            }
        }
    }

    private static void copyRows(
            ResultSet rows, String table, List<String> columns, ProfileDatabase fresh, long[] last, int numberAt)
            throws SQLException {
        String insert = "insert or ignore into " + table + " (" + String.join(", ", columns) + ") values ("
                + "?, ".repeat(columns.size() - 1) + "?)";
        Connection to = fresh.connection();
        to.setAutoCommit(false);
        try (PreparedStatement statement = to.prepareStatement(insert)) {
            while (rows.next()) {
                for (int i = 1; i <= columns.size(); i++) {
                    statement.setObject(i, rows.getObject(i));
                }
                try {
                    statement.executeUpdate();
                } catch (SQLException e) {
                    log.warn("A row of {} cannot be stored: {}", table, e.toString());
                }
                if (numberAt > 0) {
                    last[0] = rows.getLong(numberAt);
                }
            }
        } finally {
            to.setAutoCommit(true);
        }
    }

    /** Looks for the number and the key in the bytes of the file, where their table cannot be read. */
    private static void findIdentity(Path damaged, ProfileDatabase fresh) throws IOException {
        var settings = new ProfileSettings(fresh);
        var found = new TreeMap<String, String>();
        for (Path file : List.of(logOf(damaged), damaged)) {
            // The newest is in the log.
            String bytes = Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
            find(bytes, NUMBER, 1).ifPresent(value -> found.putIfAbsent("id", value));
            find(bytes, KEY, 0).ifPresent(value -> found.putIfAbsent("key", value));
            find(bytes, PUBLIC_KEY, 1).ifPresent(value -> found.putIfAbsent("public-key", value));
            server(bytes).ifPresent(value -> found.putIfAbsent("server", value));
        }
        found.forEach((name, value) -> {
            if (settings.get(name).isEmpty()) {
                settings.put(name, value);
            }
        });
        if (!isPair(settings)) {
            settings.put("key", null);
            settings.put("public-key", null);
        }
    }

    private static boolean isPair(ProfileSettings settings) {
        try {
            return settings.get("public-key").isPresent() && settings.key().isPresent();
        } catch (IllegalArgumentException e) {
            log.warn("Only a part of the key was found", e);
            return false;
        }
    }

    private static Optional<String> server(String bytes) {
        Matcher matcher = SERVER.matcher(bytes);
        if (!matcher.find()) {
            return Optional.empty();
        }
        int length = (matcher.group(1).charAt(0) - 13) / 2;
        String address = bytes.substring(matcher.end(), Math.min(bytes.length(), matcher.end() + length));
        try {
            return Optional.of(ProfileSettings.Server.parse(address, false).address());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> find(String bytes, Pattern pattern, int group) {
        Matcher matcher = pattern.matcher(bytes);
        return matcher.find() ? Optional.of(matcher.group(group)) : Optional.empty();
    }

    /** Makes the copy consistent: messages on their way become unsure, and the stream is left out. */
    private static long settle(ProfileDatabase fresh) {
        return fresh.inTransaction(jdbc -> {
            jdbc.sql("delete from setting where name in (" + STREAM + ")").update();
            // Without the digest of its position a store cannot prove its history.
            jdbc.sql("delete from setting where name = 'count-position' and cast(value as integer) not in"
                            + " (select position from mailbox_digest)")
                    .update();
            jdbc.sql(
                            "insert or ignore into chat_group (id, created_at)"
                                    + " select distinct chat, 0 from group_member where chat not in (select id from chat_group)")
                    .update();
            // In a store of version 7 or older, the state of an incoming message said whether it was seen.
            jdbc.sql("update message set seen = state, state = " + DeliveryState.AT_SERVER.sql()
                            + " where outgoing = 0 and seen is null")
                    .update();
            return (long) jdbc.sql("update message set state = " + DeliveryState.UNSURE.sql()
                            + ", streamed = 0 where outgoing = 1 and state in "
                            + DeliveryState.anyOf(DeliveryState.WAITING, DeliveryState.HANDED))
                    .update();
        });
    }
}
