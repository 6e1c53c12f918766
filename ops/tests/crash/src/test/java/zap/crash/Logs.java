package zap.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import zap.server.testing.FrameText;

/** The clients' logs as the tables have them: an observer who does not ask the server. */
record Logs(Database postgres) {

    /** The access to their database. */
    interface Database {
        Connection connect() throws SQLException;
    }

    /** The counters of a client's log. */
    record Counters(long tail, long given, long settled) {
        boolean isDrained() {
            return given == tail && settled == tail;
        }
    }

    /** Tells whether another process is connected: a killed server may leave a transaction that is committing. */
    boolean areInUse() throws SQLException {
        try (Connection connection = postgres.connect();
                PreparedStatement statement = connection.prepareStatement("""
                        select count(*) from pg_stat_activity
                        where backend_type = 'client backend' and pid <> pg_backend_pid()
                        """);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getInt(1) > 0;
        }
    }

    Counters counters(String client) throws SQLException {
        try (Connection connection = postgres.connect();
                PreparedStatement statement =
                        connection.prepareStatement("select tail, given, settled from client where id = ?")) {
            statement.setLong(1, Long.parseLong(client));
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new AssertionError("Client " + client + " is not in the database any more");
                }
                return new Counters(rows.getLong(1), rows.getLong(2), rows.getLong(3));
            }
        }
    }

    /** All frames of a client's log, the first position first, as they should go over the wire. There are no gaps. */
    List<String> of(String client) throws SQLException {
        var frames = new ArrayList<String>();
        try (Connection connection = postgres.connect();
                PreparedStatement statement = connection.prepareStatement("""
                        select position, code, src, dst, sent_at, body from mailbox where recipient = ? order by position
                        """)) {
            statement.setLong(1, Long.parseLong(client));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (rows.getLong(1) != frames.size() + 1) {
                        throw new AssertionError("The log of " + client + " has a gap: after position " + frames.size()
                                + " comes " + rows.getLong(1));
                    }
                    frames.add(frame(rows));
                }
            }
        }
        return frames;
    }

    private static String frame(ResultSet row) throws SQLException {
        String src = Long.toString(row.getLong(3));
        String dst = Long.toString(row.getLong(4));
        long sentAt = row.getLong(5);
        return switch (row.getInt(2)) {
            case 6 -> FrameText.deliver(src, dst, sentAt, new String(row.getBytes(6), UTF_8));
            case 7 -> FrameText.delivered(dst, sentAt);
            case 9 -> FrameText.readReceipt(dst, sentAt);
            case 11 -> FrameText.groupCreated(dst, sentAt, new String(row.getBytes(6), UTF_8).split("(?<=\\G.{13})"));
            default -> throw new AssertionError("There is no mail with code " + row.getInt(2));
        };
    }
}
