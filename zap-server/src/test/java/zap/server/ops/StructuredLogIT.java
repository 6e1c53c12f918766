package zap.server.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.server.testing.BesideOthers;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.TestPostgres;
import zap.server.testing.WireClient;

/**
 * The log of the real server, for programs (ECS) and for people: every kind of line, and never the text of a message.
 */
@BesideOthers
class StructuredLogIT {

    private static final String NOBODY = "1999999999999";
    private static final String SECRET = "the parrot sings at noon";
    /** The timestamp of a message that the database rejects. */
    private static final long UNSTORABLE = 4_000_000_000L;

    private static final TestPostgres.Database DATABASE = TestPostgres.newDatabase();

    /** The lines in the format for people. */
    private static final Path TEXT = Path.of("target", "server-ecs-text.log").toAbsolutePath();

    private static ServerProcess server;

    @BeforeAll
    static void start() throws Exception {
        Files.deleteIfExists(TEXT);
        server = new ServerProcess(
                        "ecs",
                        List.of(),
                        List.of(
                                "zap.database.url=" + DATABASE.url(),
                                "zap.database.user=" + DATABASE.user(),
                                "zap.database.password=" + DATABASE.password(),
                                "logging.level.zap=debug",
                                "logging.structured.format.console=ecs",
                                "logging.file.name=" + TEXT))
                .start();
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("alter table mailbox add constraint unwanted check (sent_at <> " + UNSTORABLE + ")");
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Opens a session, causes refusals, and closes it. Returns its client. */
    private static String story() {
        String id;
        try (WireClient ana = WireClient.connect("ana", server.port())) {
            ana.send(FrameText.send(NOBODY, NOBODY, 1, SECRET));
            id = ana.register();
            ana.send(FrameText.send(id, NOBODY, 2, SECRET));
            ana.send(FrameText.send(id, id, 3, SECRET));
            ana.expectFrame(FrameText.deliver(id, id, 3, SECRET));
        }
        RunningServer.await(
                "both logs say that it closed",
                () -> Stream.of(server.log(), text())
                        .allMatch(log -> log.stream()
                                .anyMatch(line -> line.contains(id) && line.contains("closed: PEER_LEFT"))));
        return id;
    }

    private static List<String> text() {
        try {
            return Files.readAllLines(TEXT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyLineIsJsonAndThoseOfASessionHaveTheSameSession() {
        String id = story();

        List<JsonNode> lines =
                server.log().stream().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.at("/@timestamp").isString()).isTrue();
            assertThat(line.at("/service/name").asString()).isEqualTo("zap");
        });
        long session = lines.stream()
                .filter(line -> line.at("/zap/client").asString().equals(id))
                .mapToLong(line -> line.at("/zap/session").asLong())
                .findFirst()
                .orElseThrow();
        List<JsonNode> story = lines.stream()
                .filter(line -> line.at("/zap/session").asLong(0) == session)
                .toList();
        assertThat(story)
                .extracting(line -> line.at("/event/action").asString() + " "
                        + line.at("/zap/frame").asString() + " "
                        + line.at("/zap/reason").asString())
                .containsExactly(
                        "session-opened  ",
                        "session-refused SEND NOT_CONNECTED",
                        "session-identified  ",
                        "session-refused SEND UNKNOWN_CLIENT",
                        "session-closed  PEER_LEFT");
        assertThat(story).allSatisfy(line -> {
            assertThat(line.at("/zap/listener").asString()).isEqualTo("main");
            assertThat(line.at("/client/ip").asString()).isEqualTo("127.0.0.1");
            assertThat(line.at("/client/port").asInt()).isPositive();
            assertThat(line.at("/message").asString()).startsWith("session " + session + " (");
        });
        assertThat(story).extracting(line -> line.at("/zap/client").asString()).containsExactly("", "", id, id, id);
        // All lines of a session can be found by any one of them; none is missing.
        assertThat(lines)
                .filteredOn(line -> line.at("/message").asString().startsWith("session " + session + " ("))
                .isEqualTo(story);
    }

    @Test
    void thatItIsReadyIsALineLikeAllOthers() {
        assertThat(server.log().stream().map(JsonMapper.shared()::readTree))
                .filteredOn(line -> line.at("/event/action").asString().equals("server-ready"))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.at("/zap/port/main").asInt()).isEqualTo(server.port());
                    assertThat(line.at("/zap/port/recv").asInt()).isEqualTo(server.recvPort());
                });
    }

    @Test
    void forPeopleEachLineOfASessionHasItsNumberInWords() {
        String id = story();

        String session = text().stream()
                .filter(line -> line.contains(id))
                .map(line -> line.replaceFirst(".*(session \\d+ \\().*", "$1"))
                .findFirst()
                .orElseThrow();
        assertThat(session).matches("session \\d+ \\(");
        assertThat(text().stream().filter(line -> line.contains(session)))
                .hasSize(5)
                .anyMatch(line -> line.contains("(not identified, 127.0.0.1:") && line.endsWith("opened"))
                .anyMatch(line -> line.contains("(" + id + ", 127.0.0.1:") && line.contains("refused SEND: UNKNOWN"))
                .anyMatch(line -> line.contains("closed: PEER_LEFT"));
    }

    /** Checks that the log does not contain the row, which is the most that a database can say about an error. */
    @Test
    void nothingOfAMessageIsInTheLogEvenIfItCannotBeStored() {
        try (WireClient ana = WireClient.connect("ana", server.port())) {
            String id = ana.register();
            ana.send(FrameText.send(id, id, UNSTORABLE, SECRET));
            ana.send(FrameText.send(id, id, 5, SECRET));
            ana.expectFrame(FrameText.deliver(id, id, 5, SECRET));
            RunningServer.await(
                    "it is told of",
                    () -> text().stream().anyMatch(line -> line.contains(id) && line.contains("BAD_TEXT")));
        }

        String hexadecimal = HexFormat.of().formatHex(SECRET.getBytes(UTF_8));
        assertThat(Stream.of(server.log(), text()))
                .allSatisfy(log -> assertThat(log)
                        .anyMatch(line -> line.contains("could not be stored and was refused"))
                        .noneMatch(line -> line.contains(SECRET))
                        .noneMatch(line -> line.contains(hexadecimal)));
    }
}
