package zap.server.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.connect;
import static zap.server.testing.FrameText.createGroup;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.groupCreated;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.server.ops.AdminProgram.Said;
import zap.server.testing.AssuredPeer;
import zap.server.testing.BesideOthers;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** An operator at work, with the program that {@code ./zap admin} runs. */
@ZapServerTest
@TestPropertySource(properties = {"zap.admin.token=" + AdminIT.TOKEN, "zap.identities.forget-unused-after=30d"})
@BesideOthers
class AdminIT {

    static final String TOKEN = "the token of this test";

    @Autowired
    private TestedServer server;

    @Autowired
    private UnusedIdentities unusedIdentities;

    private Said admin(String... arguments) {
        return AdminProgram.run(server, TOKEN, arguments);
    }

    private Said admin(Map<String, String> environment, String typed, String... arguments) {
        return AdminProgram.run(server, environment, typed, arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "the token of another server"})
    void nobodyGetsInWithoutTheToken(String token) throws Exception {
        try (WireClient ana = server.connect("ana")) {
            String id = ana.register();
            for (String method : List.of("GET", "DELETE")) {
                assertThat(status(method, "/actuator/clients/" + id, token)).isEqualTo(401);
            }
            assertThat(status("GET", "/actuator/clients", token)).isEqualTo(401);
            // Nor does the answer reveal which other endpoints exist.
            assertThat(status("GET", "/actuator/env", token)).isEqualTo(401);
            assertThat(status("GET", "/actuator/health/readiness", token)).isEqualTo(token.isEmpty() ? 200 : 401);

            assertThat(admin("client", id).out()).contains(id);
        }
    }

    private int status(String method, String path, String token) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (!token.isEmpty()) {
            request.header(
                    "Authorization", "Basic " + Base64.getEncoder().encodeToString(("admin:" + token).getBytes(UTF_8)));
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        }
    }

    @Test
    void aWrongTokenAndAMissingOneAreToldInWords(@TempDir Path empty) throws IOException {
        Said wrong = admin(Map.of("ZAP_ADMIN_TOKEN", "the token of another server"), "", "stats");
        assertThat(wrong.status()).isEqualTo(77);
        assertThat(wrong.err()).contains("rejected this token").contains("zap.admin.token");

        Said missing = admin(Map.of("ZAP_ADMIN_TOKEN", "", "ZAP_DATA", empty.toString()), "", "stats");
        assertThat(missing.status()).isEqualTo(77);
        assertThat(missing.err()).contains("no token in " + empty);

        Files.writeString(empty.resolve("admin.token"), TOKEN + "\n");
        assertThat(admin(Map.of("ZAP_DATA", empty.toString()), "", "stats").status())
                .isZero();
    }

    @Test
    void whoeverAsksInTheWrongWayHearsHowToAsk() {
        assertThat(admin("help").out()).contains("disconnect ID").contains("--server URL");
        assertThat(admin().out()).isEqualTo(admin("help").out());
        for (List<String> words : List.of(
                List.of("destroy"),
                List.of("client"),
                List.of("client", "ana"),
                List.of("block", "2000000000000"),
                List.of("stats", "now"),
                List.of("--loud", "stats"),
                List.of("stats", "--server"))) {
            Said said = admin(words.toArray(String[]::new));
            assertThat(said.status()).as(words.toString()).isEqualTo(64);
            assertThat(said.err()).startsWith("zap: ");
        }
        Said nobody = admin("client", "1000000000001");
        assertThat(nobody.status()).isEqualTo(1);
        assertThat(nobody.err()).contains("No client has the number 1000000000001.");
        Said silence = admin("--server", "http://127.0.0.1:1", "stats");
        assertThat(silence.status()).isEqualTo(69);
        assertThat(silence.err()).contains("No server answers at http://127.0.0.1:1");
        assertThat(admin("--server", "not a url", "stats").status()).isEqualTo(64);
    }

    @Test
    void theServerAndAClientAreDescribed() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            String bobsId;
            try (WireClient bob = server.connect("bob")) {
                bobsId = bob.register();
            }
            RunningServer.await("bob is gone", () -> server.isOffline(bobsId));
            ana.send(send(anasId, bobsId, 1, "a secret"));
            RunningServer.await(
                    "it waits",
                    () -> admin("client", bobsId).out().contains("waiting      1 entries, after position 0"));

            assertThat(admin("client", bobsId).out())
                    .contains("session      none")
                    .doesNotContain("secret");
            assertThat(admin("client", anasId).out())
                    .contains("client       " + anasId + "\n")
                    .contains("without a key")
                    .containsPattern("session      [0-9]+, from 127.0.0.1:[0-9]+ over main, base, for [0-9]+ s");
            assertThat(admin("stats").out())
                    .containsPattern("connections  [0-9]+ \\(.*main [0-9]+")
                    .containsPattern("waiting      [1-9][0-9,]* entries")
                    .doesNotContain("node  ", "draining");
        }
    }

    @Test
    void aServerWithoutOthersIsNotDrained() {
        Said said = admin("drain");
        assertThat(said.status()).isEqualTo(1);
        assertThat(said.err()).contains("There is no other server on this database");
        assertThat(admin("undrain").out()).contains("was not being drained");
    }

    @Test
    void whoIsDisconnectedMayComeBackAndMissesNothing() {
        try (WireClient ana = server.connect("ana")) {
            String id = ana.register();
            assertThat(admin("disconnect", id).out()).contains("session was closed");
            ana.expectClosed();
            assertThat(admin("disconnect", id).out()).contains("no session");

            try (WireClient bob = server.connect("bob")) {
                String bobsId = bob.register();
                bob.send(send(bobsId, id, 1, "oi"));
                try (WireClient back = server.connectAs("ana", id)) {
                    back.expectFrame(deliver(bobsId, id, 1, "oi"));
                }
            }
        }
    }

    @Test
    void whoIsBlockedCannotConnectAndGetsEverythingAfterwards() {
        KeyPair key = AssuredPeer.newKey();
        try (WireClient bob = server.connect("bob");
                WireClient ana = server.connect("ana");
                AssuredPeer cleo = AssuredPeer.on(server.connect("cleo"))) {
            String bobsId = bob.register();
            String anasId = ana.register();
            ClientId cleosId = cleo.register(key);

            for (String id : List.of(anasId, cleosId.toString())) {
                assertThat(admin("block", id).out()).contains("It is blocked, and its session was closed.");
                assertThat(admin("block", id).out()).contains("It is blocked.");
            }
            ana.expectClosed();
            assertThat(cleo.hear(Frame.Refused.class).reason()).isEqualTo(Reason.UNKNOWN_CLIENT);
            cleo.expectClosed();

            try (WireClient again = server.connect("ana again");
                    AssuredPeer cleoAgain = AssuredPeer.on(server.connect("cleo again"))) {
                again.send(connect(anasId));
                again.expectClosed();
                cleoAgain.send(AssuredPeer.resumption(key, cleoAgain.hello(), cleosId, new StreamId(1)));
                // The same answer as for an unknown client: the key's owner learns no more.
                assertThat(cleoAgain.hear(Frame.Refused.class).reason()).isEqualTo(Reason.BAD_PROOF);
                cleoAgain.expectClosed();
            }
            assertThat(admin("client", anasId).out()).contains(", blocked since 2");
            assertThat(admin("stats").out()).contains("2 of them blocked");

            bob.send(send(bobsId, anasId, 1, "for later"));
            bob.send(send(bobsId, cleosId.toString(), 2, "for later"));
            for (String id : List.of(anasId, cleosId.toString())) {
                assertThat(admin("unblock", id).out()).contains("It may connect.");
            }
            try (WireClient back = server.connectAs("ana", anasId);
                    AssuredPeer cleoBack = AssuredPeer.on(server.connect("cleo back"))) {
                back.expectFrame(deliver(bobsId, anasId, 1, "for later"));
                cleoBack.resume(key, cleosId, new StreamId(1));
                assertThat(cleoBack.hear(Frame.Deliver.class).src()).hasToString(bobsId);
            }
        }
    }

    @Test
    void whoIsForgottenIsGoneAndNobodyElseLosesAnything() throws SQLException {
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob");
                WireClient cleo = server.connect("cleo")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            String cleosId = cleo.register();
            ana.send(createGroup(anasId, 1, bobsId, cleosId));
            String created = ana.readFrame();
            String group = created.substring(2, 15);
            long second = Long.parseLong(created.substring(15, 25));
            bob.readFrame();
            cleo.readFrame();
            bob.close();
            RunningServer.await("bob is gone", () -> server.isOffline(bobsId));
            // A message from her to Bob waits. It belongs to Bob.
            ana.send(send(anasId, bobsId, 5, "from ana"));
            RunningServer.await("it waits", () -> admin("client", bobsId).out().contains("waiting      1 entries"));
            cleo.send(send(cleosId, group, 6, "to the group"));
            ana.expectFrame(deliver(cleosId, group, 6, "to the group"));
            cleo.expectFrame(delivered(anasId, 6));
            RunningServer.await(
                    "both wait for Bob", () -> admin("client", bobsId).out().contains("waiting      2 entries"));

            Said no = admin(Map.of("ZAP_ADMIN_TOKEN", TOKEN), "yes\n", "forget", anasId);
            assertThat(no.status()).isEqualTo(1);
            assertThat(no.out()).contains("client       " + anasId).contains("last four digits");
            assertThat(no.err()).contains("Nothing was done.");
            Said done = admin(Map.of("ZAP_ADMIN_TOKEN", TOKEN), anasId.substring(9) + "\n", "forget", anasId);
            assertThat(done.out()).endsWith("It is forgotten.\n");

            ana.expectClosed();
            try (WireClient again = server.connect("ana again")) {
                again.send(connect(anasId));
                again.expectClosed();
            }
            assertThat(admin("client", anasId).err()).contains("Client " + anasId + " was forgotten.");
            assertThat(admin("forget", "--yes", anasId).err()).contains("was forgotten");

            cleo.expectFrame(groupCreated(group, second, bobsId, cleosId));

            // A message to her is refused; one to the others of the group is stored.
            long before = server.refusals(Reason.UNKNOWN_CLIENT);
            cleo.send(send(cleosId, anasId, 7, "are you there?"));
            RunningServer.await("a refusal", () -> server.refusals(Reason.UNKNOWN_CLIENT) == before + 1);
            cleo.send(send(cleosId, group, 8, "still here"));

            try (WireClient back = server.connectAs("bob", bobsId)) {
                back.expectFrame(deliver(anasId, bobsId, 5, "from ana"));
                back.expectFrame(deliver(cleosId, group, 6, "to the group"));
                back.expectFrame(groupCreated(group, second, bobsId, cleosId));
                back.expectFrame(deliver(cleosId, group, 8, "still here"));
                cleo.expectFrame(delivered(bobsId, 8));
            }
            assertThat(count("select count(*) from mailbox where recipient = ?", anasId))
                    .isZero();
            assertThat(count("select count(*) from group_member where client_id = ?", anasId))
                    .isZero();
            assertThat(count("select count(*) from client where id = ?", anasId))
                    .isZero();
            assertThat(count("select count(*) from forgotten_client where cleared and id = ?", anasId))
                    .isOne();
        }
    }

    @Test
    void whoIsForgottenTakesAlongWhatWaited() throws SQLException {
        try (WireClient bob = server.connect("bob")) {
            String bobsId = bob.register();
            String anasId;
            try (WireClient ana = server.connect("ana")) {
                anasId = ana.register();
            }
            RunningServer.await("ana is gone", () -> server.isOffline(anasId));
            for (int i = 0; i < 100; i++) {
                bob.send(send(bobsId, anasId, i, "number " + i));
            }
            RunningServer.await("they wait", () -> admin("client", anasId).out().contains("waiting      100 entries"));

            assertThat(admin("--yes", "forget", anasId).status()).isZero();

            assertThat(count("select count(*) from mailbox where recipient = ?", anasId))
                    .isZero();
        }
    }

    @Test
    void whoWasNotHereForLongIsForgottenUnlessMailWaits() throws Exception {
        try (WireClient here = server.connect("here")) {
            String hersWhoIsHere = here.register();
            String unused = registered();
            String expecting = registered();
            String recent = registered();
            here.send(send(hersWhoIsHere, expecting, 1, "oi"));
            RunningServer.await(
                    "it waits", () -> admin("client", expecting).out().contains("waiting      1 entries"));
            for (String id : List.of(hersWhoIsHere, unused, expecting)) {
                assertThat(update("update client set last_used = current_date - 31 where id = ?", id))
                        .isOne();
            }
            assertThat(update("update client set last_used = current_date - 29 where id = ?", recent))
                    .isOne();

            unusedIdentities.run();

            assertThat(admin("client", unused).err()).contains("was forgotten");
            for (String id : List.of(hersWhoIsHere, expecting, recent)) {
                assertThat(admin("client", id).status()).isZero();
            }
        }
    }

    /**
     * Checks that the new 11 of a group, which is mail, does not keep members for ever that are to be forgotten next.
     */
    @Test
    void thoseOfAGroupWhoWereNotHereForLongAreForgottenAndTheOthersAreTold() throws Exception {
        try (WireClient here = server.connect("here")) {
            String hers = here.register();
            List<String> unused = new ArrayList<>();
            String only;
            try (WireClient first = server.connect("unused first");
                    WireClient second = server.connect("unused second");
                    WireClient third = server.connect("unused third");
                    WireClient expecting = server.connect("expecting")) {
                unused.addAll(List.of(first.register(), second.register(), third.register()));
                only = expecting.register();
                // One group with a client that is connected, and one with unused clients only.
                first.send(createGroup(unused.get(0), 1, hers, unused.get(1), only, unused.get(2)));
                List.of(first, second, third, expecting, here).forEach(WireClient::readFrame);
                third.send(createGroup(unused.get(2), 1, unused.get(0), unused.get(1)));
                List.of(third, first, second).forEach(WireClient::readFrame);
                here.send(send(hers, unused.get(0), 1, "a message for each, so that the 11 are confirmed"));
                first.readFrame();
                here.expectFrame(delivered(unused.get(0), 1));
            }
            for (String id : unused) {
                RunningServer.await("it is gone", () -> server.isOffline(id));
                RunningServer.await(
                        "nothing waits", () -> admin("client", id).out().contains("waiting      0 entries"));
            }
            RunningServer.await("it is gone", () -> server.isOffline(only));
            here.send(send(hers, only, 2, "oi"));
            RunningServer.await("it waits", () -> admin("client", only).out().contains("waiting      1 entries"));
            var all = new ArrayList<>(unused);
            all.add(only);
            for (String id : all) {
                assertThat(update("update client set last_used = current_date - 31 where id = ?", id))
                        .isOne();
            }

            unusedIdentities.run();

            for (String id : unused) {
                assertThat(admin("client", id).err()).contains("was forgotten");
            }
            // She gets an 11 for each member that leaves; the last one counts.
            String last;
            do {
                last = here.readFrame();
                assertThat(last).startsWith("11");
            } while (last.contains(unused.get(0)) || last.contains(unused.get(1)) || last.contains(unused.get(2)));
            assertThat(last.substring(25).strip()).isEqualTo(hers + only);
            assertThat(count(
                            "select count(*) from chat_group g where not exists"
                                    + " (select from group_member m where m.group_id = g.id) and g.id <> ?",
                            "0"))
                    .isZero();
        }
    }

    /** Registers a client, disconnects it, and returns its id. */
    private String registered() {
        String id;
        try (WireClient one = server.connect("one")) {
            id = one.register();
        }
        RunningServer.await("it is gone", () -> server.isOffline(id));
        return id;
    }

    private long count(String sql, String id) throws SQLException {
        try (Connection connection = server.database();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, Long.parseLong(id));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private int update(String sql, String id) throws SQLException {
        try (Connection connection = server.database();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, Long.parseLong(id));
            return statement.executeUpdate();
        }
    }
}
