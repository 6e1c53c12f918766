package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.shell.chat.ClientListener;
import zap.shell.chat.OneShot;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.ServerConnection;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.Profile;
import zap.shell.store.ProfileSettings;

/** The results of the session that a single command opens for itself. */
class OneShotTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId BOB = ClientId.parse("1000000000002");
    private static final ProfileSettings.Server SERVER = new ProfileSettings.Server("zap.example", 7777, false);

    @TempDir
    Path home;

    private ProfileClient client(ProfileClient.Network network) throws Exception {
        var client = new ProfileClient(
                Profile.named("me", Map.of("ZAP_HOME", home.toString()), home),
                InstantSource.system(),
                new Random(1),
                network);
        if (client.self().isEmpty()) {
            client.adopt(SERVER, ME, IdentityKey.generate());
            client.settings().assured(SERVER);
        }
        return client;
    }

    private static OneShot oneShot(ProfileClient client) {
        return new OneShot(client, new OneShot.Progress() {
            @Override
            public void update() {}

            @Override
            public void clear() {}
        });
    }

    @Test
    void mailIsFetchedAndMessagesAreSentByARightServer() throws Exception {
        try (ProfileClient client = client(FakeServer.willing(ME))) {
            List<Long> numbers = client.write(BOB.asAddress(), "hello");
            try (OneShot session = oneShot(client)) {
                assertThat(session.fetch()).isEqualTo(new OneShot.Result.Done());
                assertThat(session.send(numbers)).isEqualTo(new OneShot.Result.Done());
                assertThat(session.settled()).isEqualTo(1);
            }
            assertThat(client.state()).as("it disconnects").isEmpty();
            assertThat(client.messages().find(numbers.getFirst()).orElseThrow().state())
                    .isEqualTo(DeliveryState.AT_SERVER);
        }
    }

    @Test
    void aSessionThatFailsGivesItsCause() throws Exception {
        ProfileClient.Network nowhere = FakeServer.failing(() -> {
            throw new ConnectException("Connection refused");
        });
        try (ProfileClient client = client(nowhere);
                OneShot session = oneShot(client)) {
            assertThat(session.fetch())
                    .isInstanceOfSatisfying(
                            OneShot.Result.Failed.class,
                            failed -> assertThat(failed.failure().problem())
                                    .isEqualTo(ServerConnection.ConnectionProblem.REFUSED));
        }
    }

    @Test
    void theSessionOfAnotherProcessStaysAndDoesTheWork() throws Exception {
        try (ProfileClient window = client(FakeServer.willing(ME));
                ProfileClient beside = client(FakeServer.willing(ME))) {
            window.open(ClientListener.NOBODY, state -> {});
            try (OneShot session = oneShot(beside)) {
                assertThat(session.fetch()).isInstanceOf(OneShot.Result.Elsewhere.class);
                assertThat(session.send(beside.write(BOB.asAddress(), "hello"))).isEqualTo(new OneShot.Result.Done());
            }
            assertThat(window.state()).isPresent();
        }
    }

    @Test
    void aRetiredProfileHasNoSession() throws Exception {
        try (ProfileClient client = client(FakeServer.willing(ME));
                OneShot session = oneShot(client)) {
            List<Long> numbers = client.write(BOB.asAddress(), "hello");
            var retirement = new Moves.Retirement(Instant.parse("2027-01-31T12:00:00Z"), "me.zap");
            assertThat(client.moves().retire(retirement, client.database().version()))
                    .isTrue();
            assertThat(session.fetch()).isEqualTo(new OneShot.Result.Retired());
            assertThat(session.send(numbers)).isEqualTo(new OneShot.Result.Retired());
        }
    }
}
