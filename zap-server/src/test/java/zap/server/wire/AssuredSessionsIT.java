package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.testing.AssuredPeer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

@ZapServerTest
class AssuredSessionsIT {

    private static final StreamId STREAM = new StreamId(7_770_000_000_007L);
    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);

    @Autowired
    private TestedServer server;

    private final KeyPair anasKey = AssuredPeer.newKey();
    private final KeyPair bobsKey = AssuredPeer.newKey();

    @Test
    void aMessageIsAcceptedWhenItIsStoredAndDeliveredWhenItIsReceived() {
        try (AssuredPeer ana = peer();
                AssuredPeer bob = peer()) {
            ClientId anasId = ana.register(anasKey);
            ClientId bobsId = bob.register(bobsKey);

            ana.send(message(anasId, bobsId, 100));
            assertThat(ana.hear()).isEqualTo(accepted(1, 0));
            assertThat(bob.hear(Frame.Deliver.class).src()).isEqualTo(anasId);

            // No 07 yet: what comes next is the answer to a ping, and then the 07 that the 37 has caused.
            ana.send(new Frame.Ping());
            assertThat(ana.hear()).isEqualTo(new Frame.Ping());
            bob.send(new Frame.Received(new Position(1)));
            assertThat(ana.hear()).isEqualTo(new Frame.Delivered(bobsId, new PosixTime(100)));
        }
    }

    @Test
    void whatWasNotConfirmedIsGivenAgainAndWhatWasIsNot() {
        KeyPair key = bobsKey;
        ClientId bobsId;
        var heard = new ArrayList<Frame>();
        try (AssuredPeer ana = peer()) {
            ClientId anasId = ana.register(anasKey);
            try (AssuredPeer bob = peer()) {
                bobsId = bob.register(key);
                for (int i = 1; i <= 3; i++) {
                    ana.send(message(anasId, bobsId, 100 + i));
                    heard.add(bob.hear(Frame.Deliver.class));
                }
                bob.send(new Frame.Received(new Position(1)), new Frame.Ping());
                bob.hear(Frame.Ping.class);
            }
            try (AssuredPeer bob = peer()) {
                // It has the second on its disk too, which it could not say any more.
                HistoryDigest two = AssuredPeer.digestOf(heard.get(0), heard.get(1));
                assertThat(bob.resume(key, bobsId, STREAM, 0, 2, two).position())
                        .isEqualTo(new Position(2));
                assertThat(bob.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(103));
            }
        }
    }

    @Test
    void aStreamGoesOnWhereItWasAcceptedAndAFrameThatIsSentAgainCountsOnce() {
        try (AssuredPeer bob = peer()) {
            ClientId bobsId = bob.register(bobsKey);
            ClientId anasId;
            try (AssuredPeer ana = peer()) {
                anasId = ana.register(anasKey);
            }
            try (AssuredPeer ana = peer()) {
                assertThat(ana.resume(anasKey, anasId, STREAM).accepted()).isZero();
                ana.send(message(anasId, bobsId, 101), message(anasId, bobsId, 102));
                long accepted = 0;
                while (accepted < 2) {
                    accepted = ana.hear(Frame.Accepted.class).accepted();
                }
            }
            // The answers may have been lost with the connection: where to go on is what counts.
            try (AssuredPeer ana = peer()) {
                assertThat(ana.resume(anasKey, anasId, STREAM).accepted()).isEqualTo(2);
                ana.send(message(anasId, bobsId, 103));
                assertThat(ana.hear()).isEqualTo(accepted(3, 0));
            }
            for (int second = 101; second <= 103; second++) {
                assertThat(bob.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(second));
            }
        }
    }

    @Test
    void anotherStreamBeginsAtNothing() {
        ClientId id;
        try (AssuredPeer ana = peer()) {
            id = ana.register(anasKey, STREAM);
            ana.send(message(id, id, 100));
            ana.hear(Frame.Accepted.class);
        }
        try (AssuredPeer ana = peer()) {
            assertThat(ana.resume(anasKey, id, STREAM).accepted())
                    .as("the stream of the registering session")
                    .isEqualTo(1);
        }
        try (AssuredPeer ana = peer()) {
            assertThat(ana.resume(anasKey, id, new StreamId(8)).accepted()).isZero();
        }
    }

    @Test
    void aRefusalSaysWhichFrameAndWhyAndUsesTheNumberUp() {
        try (AssuredPeer ana = peer()) {
            ClientId id = ana.register(anasKey);
            ana.send(message(id, NOBODY, 100));
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(1, Reason.UNKNOWN_CLIENT));
            assertThat(ana.hear()).isEqualTo(accepted(1, 0));
            ana.send(message(NOBODY, id, 100));
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(2, Reason.SPOOFED));
            assertThat(ana.hear()).isEqualTo(accepted(2, 0));
            ana.send(new Frame.Send(id, id.asAddress(), new PosixTime(1), Body.of("a\0b")));
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(3, Reason.BAD_TEXT));
            assertThat(ana.hear()).isEqualTo(accepted(3, 0));
        }
    }

    @Test
    void theNewestSessionWinsAndTheOlderIsToldSo() {
        try (AssuredPeer older = peer();
                AssuredPeer newer = peer()) {
            ClientId id = older.register(anasKey);
            newer.resume(anasKey, id, STREAM);

            assertThat(older.hear()).isEqualTo(new Frame.Refused(0, Reason.REPLACED));
            older.expectClosed();
        }
    }

    @Test
    void anIdWithAKeyIsNotHadByPlain03OnEitherListenerAndItsSessionDoesNotNotice() {
        try (AssuredPeer ana = peer()) {
            ClientId id = ana.register(anasKey);
            long before = server.refusals(Reason.NEEDS_PROOF);
            try (WireClient thief = server.connectAs("thief", id.toString())) {
                thief.expectClosed();
            }
            try (WireClient thief = server.connectRecv("thief")) {
                thief.send("03" + id + "\n");
                thief.expectClosed();
            }

            assertThat(server.refusals(Reason.NEEDS_PROOF) - before).isEqualTo(2);
            ana.send(new Frame.Ping());
            assertThat(ana.hear()).isEqualTo(new Frame.Ping());
        }
    }

    @Test
    void whoHasNoProofHearsTheSameWhetherTheIdExistsOrNot() {
        ClientId id;
        try (AssuredPeer ana = peer()) {
            id = ana.register(anasKey);
        }
        for (ClientId wanted : new ClientId[] {id, NOBODY}) {
            try (AssuredPeer thief = peer()) {
                thief.send(AssuredPeer.resumption(bobsKey, thief.hello(), wanted, STREAM));
                assertThat(thief.hear()).isEqualTo(new Frame.Refused(0, Reason.BAD_PROOF));
                thief.expectClosed();
            }
            try (AssuredPeer thief = peer()) {
                thief.hello();
                thief.send(unsigned(wanted));
                assertThat(thief.hear()).isEqualTo(new Frame.Refused(0, Reason.BAD_PROOF));
                thief.expectClosed();
            }
        }
    }

    @Test
    void aProofIsGoodForOneConnectionOnly() {
        ClientId id;
        try (AssuredPeer ana = peer()) {
            id = ana.register(anasKey);
        }
        Nonce nonce;
        try (AssuredPeer ana = peer()) {
            nonce = ana.hello();
            ana.send(AssuredPeer.resumption(anasKey, nonce, id, STREAM));
            ana.hear(Frame.Resumed.class);
        }
        try (AssuredPeer replay = peer()) {
            replay.hello();
            replay.send(AssuredPeer.resumption(anasKey, nonce, id, STREAM));
            assertThat(replay.hear()).isEqualTo(new Frame.Refused(0, Reason.BAD_PROOF));
            replay.expectClosed();
        }
    }

    @Test
    void aKeyThatIsRegisteredAgainAnswersWithItsIdBecauseTheFirst02MayHaveBeenLost() {
        ClientId id;
        try (AssuredPeer one = peer()) {
            id = one.register(anasKey, STREAM);
            one.send(message(id, id, 100));
            one.hear(Frame.Accepted.class);
        }
        try (AssuredPeer other = peer()) {
            other.send(AssuredPeer.registration(anasKey, other.hello(), STREAM));
            assertThat(other.hear()).isEqualTo(new Frame.Registered(id));
            assertThat(other.hear(Frame.Resumed.class).accepted()).isEqualTo(1);
            assertThat(other.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(100));
        }
    }

    @Test
    void anIdWithoutAKeyMayBeUsedInAnAssuredSession() {
        String id;
        try (WireClient ana = server.connect("ana")) {
            id = ana.register();
        }
        try (AssuredPeer ana = peer()) {
            ana.hello();
            ana.send(unsigned(ClientId.parse(id)));
            assertThat(ana.hear())
                    .isEqualTo(new Frame.Resumed(
                            0, HistoryDigest.EMPTY, new Position(0), new Position(0), HistoryDigest.EMPTY));
        }
    }

    @Test
    void aPositionThatWasNeverGivenIsRefusedAndChangesNothing() {
        ClientId id;
        try (AssuredPeer ana = peer()) {
            id = ana.register(anasKey);
            ana.send(message(id, id, 100));
            ana.hear();
            ana.hear();
            ana.send(new Frame.Received(new Position(9)));
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(0, Reason.MALFORMED));
            ana.expectClosed();
        }
        try (AssuredPeer ana = peer()) {
            assertThat(ana.resume(anasKey, id, STREAM).position()).isEqualTo(new Position(0));
            assertThat(ana.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(100));
        }
    }

    @Test
    void helloIsForTheFirstFrameAndTheMainPortOnly() {
        try (WireClient late = server.connect("late")) {
            String id = late.register();
            late.send("3002");
            late.send("05" + id + id + "0000000001" + " ".repeat(218));
            assertThat(late.readFrame())
                    .as("the hello was dropped, the session goes on")
                    .startsWith("06");
        }
        try (WireClient recv = server.connectRecv("recv")) {
            recv.send("3002\n01\n");
            assertThat(recv.read(15)).startsWith("021");
        }
    }

    private AssuredPeer peer() {
        return AssuredPeer.on(server.connect("peer"));
    }

    private static Frame.Accepted accepted(long count, long at) {
        return new Frame.Accepted(count, new Position(at));
    }

    private static Frame.Resume unsigned(ClientId id) {
        return new Frame.Resume(id, STREAM, 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE);
    }

    private static Frame.Send message(ClientId from, ClientId to, long second) {
        return new Frame.Send(from, to.asAddress(), new PosixTime(second), Body.of("olá 🦜"));
    }
}
