package zap.server.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.MessageId;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.testing.AssuredPeer;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/**
 * Assured sessions of version 02 (protocol section 3): the histories of positions, the streams, the refusals, and the
 * ids of messages.
 */
@ZapServerTest
class HistoriesIT {

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();

    private static final StreamId STREAM = new StreamId(7_770_000_000_007L);
    private static final StreamId OTHER_STREAM = new StreamId(8_880_000_000_008L);
    private static final HistoryDigest WRONG = HistoryDigest.parse("0badcafe");
    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);
    private static final int KEPT_REFUSALS = 1000;
    private static final int KEPT_STREAMS = 32;

    @Autowired
    private TestedServer server;

    // ---- the mailbox: positions and digests

    @Test
    void aClientThatKnowsWhatTheServerKnowsGoesOnFromThere() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            bob.gets(1);
            bob.confirms();
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(bob.id, new PosixTime(101)));
            bob.comesBack();

            assertThat(bob.resumed.position()).isEqualTo(new Position(1));
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
            ana.says(message(ana.id, bob.id, 102, 2));
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(102));
        }
    }

    /** Its 37 was lost, and its 33 says the same: it counts before the 34, with the receipt that is due. */
    @Test
    void aClientThatIsAheadInTheSameHistoryHasReceivedWhatItSays() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            for (int i = 1; i <= 3; i++) {
                ana.says(message(ana.id, bob.id, 100 + i, i));
            }
            bob.gets(2);
            bob.comesBack();

            assertThat(bob.resumed.position()).isEqualTo(new Position(2));
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(bob.id, new PosixTime(102)));
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(103));
            ana.says(message(ana.id, bob.id, 104, 4));
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(104));
        }
    }

    @Test
    void aClientThatIsBehindIsToldWhereTheServerGoesOn() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            bob.gets(1);
            HistoryDigest old = bob.mail.digest();
            ana.says(message(ana.id, bob.id, 102, 2));
            bob.gets(1);
            bob.confirms();
            bob.comesBack(1, old);

            assertThat(bob.resumed.position()).isEqualTo(new Position(2));
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
            bob.hearsNothing();
        }
    }

    @Test
    void aClientThatIsBeyondTheLogHasAnotherHistoryAndNothingCountsAsReceived() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            bob.gets(1);
            bob.comesBack(9, bob.mail.digest());

            assertThat(bob.resumed.position()).isEqualTo(new Position(0));
            assertThat(bob.resumed.digest()).isEqualTo(HistoryDigest.EMPTY);
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(101));
            ana.hearsNothing();
        }
    }

    @Test
    void anotherDigestAtTheServersPositionChangesNothingAndTheServerSaysItsOwn() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            bob.gets(1);
            bob.confirms();
            ana.gets(1);
            bob.comesBack(1, WRONG);

            assertThat(bob.resumed.position()).isEqualTo(new Position(1));
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
            ana.says(message(ana.id, bob.id, 102, 2));
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(102));
        }
    }

    @Test
    void anotherDigestAheadIsAnotherHistoryAndTheMailComesAgain() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            bob.gets(1);
            bob.confirms();
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(bob.id, new PosixTime(101)));
            HistoryDigest atOne = bob.mail.digest();
            ana.says(message(ana.id, bob.id, 102, 2));
            ana.says(message(ana.id, bob.id, 103, 3));
            bob.comesBack(3, WRONG);

            assertThat(bob.resumed.position()).isEqualTo(new Position(1));
            assertThat(bob.resumed.digest()).isEqualTo(atOne);
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(102));
            assertThat(bob.getsMessage().sentAt()).isEqualTo(new PosixTime(103));
            ana.hearsNothing();
        }
    }

    /** More than one page of the log lies between what the server knows as received and what the client has. */
    @Test
    void theHistoriesAreComparedHoweverMuchWaits() {
        int many = 700;
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            for (int i = 1; i <= many; i++) {
                ana.say(message(ana.id, bob.id, 100 + i, i));
            }
            bob.gets(many);
            bob.comesBack();

            assertThat(bob.resumed.position()).isEqualTo(new Position(many));
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
        }
    }

    @Test
    void theDigestIsOverEveryKindOfMailAsAnAssuredSessionGetsIt() {
        try (Peer ana = newPeer();
                Peer bob = newPeer();
                WireClient carol = server.connect("carol")) {
            ClientId carolsId = ClientId.parse(carol.register());
            carol.send(text(new Frame.Send(carolsId, bob.id.asAddress(), new PosixTime(50), Body.of("olá 🦜"))));
            assertThat(bob.get()).isInstanceOf(Frame.Deliver.class);
            ana.says(message(ana.id, bob.id, 101, 1));
            assertThat(bob.get()).isInstanceOf(Frame.Message.class);
            ana.says(new Frame.CreateGroup(ana.id, new PosixTime(1), List.of(bob.id, carolsId)));
            assertThat(bob.get()).isInstanceOf(Frame.GroupCreated.class);
            ana.gets(1);
            bob.says(message(bob.id, ana.id, 60, 2));
            ana.gets(1);
            ana.confirms();
            assertThat(bob.get()).isInstanceOf(Frame.Delivered.class);
            ana.says(new Frame.Read(bob.id, new PosixTime(60)));
            assertThat(bob.get()).isInstanceOf(Frame.ReadReceipt.class);

            // As the server compares it with what waits, and as it keeps it.
            bob.comesBack();
            assertThat(bob.resumed.position()).isEqualTo(new Position(5));
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
            bob.comesBack(0, HistoryDigest.EMPTY);
            assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
        }
    }

    @Test
    void aBaseSessionInBetweenTakesTheDigestOnOverWhatAnAssuredSessionWouldGet() {
        try (Peer ana = newPeer()) {
            ClientId bobsId;
            try (WireClient bob = server.connect("bob")) {
                bobsId = ClientId.parse(bob.register());
            }
            try (Peer bob = keyless(bobsId)) {
                bob.comesBack();
                ana.says(message(ana.id, bobsId, 101, 1));
                bob.gets(1);
                bob.confirms();
                assertThat(ana.get()).isEqualTo(new Frame.Delivered(bobsId, new PosixTime(101)));
                bob.hangsUp();

                Frame.Message second = message(ana.id, bobsId, 102, 2);
                try (WireClient base = server.connectAs("bob", bobsId.toString())) {
                    ana.says(second);
                    base.expectFrame(text(second.withoutId()));
                    assertThat(ana.get()).isEqualTo(new Frame.Delivered(bobsId, new PosixTime(102)));
                }
                HistoryDigest atOne = bob.mail.digest();
                bob.mail.add(text(second));
                bob.comesBack(1, atOne);

                assertThat(bob.resumed.position()).isEqualTo(new Position(2));
                assertThat(bob.resumed.digest()).isEqualTo(bob.mail.digest());
                bob.hearsNothing();
            }
        }
    }

    // ---- streams

    @Test
    void eachStreamOfAClientGoesOnWhereItWas() {
        try (Peer ana = newPeer()) {
            ana.says(message(ana.id, NOBODY, 101, 1));
            ana.says(new Frame.Read(ana.id, new PosixTime(1)));
            ana.gets(1);
            History first = ana.sent;

            ana.stream = OTHER_STREAM;
            ana.sent = new History();
            ana.accepted = 0;
            ana.comesBack();
            assertThat(ana.resumed)
                    .isEqualTo(new Frame.Resumed(
                            0, HistoryDigest.EMPTY, new Position(0), new Position(1), ana.mail.digest()));
            ana.says(message(ana.id, NOBODY, 102, 2));

            ana.stream = STREAM;
            ana.sent = first;
            ana.accepted = 2;
            ana.comesBack();
            assertThat(ana.resumed.accepted()).isEqualTo(2);
            assertThat(ana.resumed.streamDigest()).isEqualTo(first.digest());
            assertThat(ana.resumed.at()).isEqualTo(new Position(1));
            ana.says(message(ana.id, ana.id, 103, 3));
            assertThat(ana.getsMessage().sentAt()).isEqualTo(new PosixTime(103));
        }
    }

    /** Schedule 3: it must not take the copy's frame for its own, and cannot, for the digest is another one. */
    @Test
    void whatACopyHasSentOnTheStreamHasAnotherDigest() {
        try (Peer ana = newPeer()) {
            ana.says(message(ana.id, ana.id, 101, 1));
            ana.gets(1);
            History asCopied = ana.sent.copy();
            ana.comesBack();
            ana.gets(1); // its message is delivered now, which it wrote to itself
            ana.says(message(ana.id, ana.id, 102, 2)); // the copy
            ana.gets(1);
            HistoryDigest ofTheCopy = ana.sent.digest();

            asCopied.add(text(message(ana.id, ana.id, 103, 3))); // cut on its way
            ana.accepted = 1;
            ana.comesBack();
            assertThat(ana.resumed.accepted()).isEqualTo(2);
            assertThat(ana.resumed.streamDigest()).isEqualTo(ofTheCopy).isNotEqualTo(asCopied.digest());
        }
    }

    /** Schedule 6: the 32 that were used last are known. */
    @Test
    void thirtyTwoStreamsOfAClientAreKeptAndTheOneThatWasUsedLongestAgoIsForgotten() {
        try (Peer ana = newPeer()) {
            ana.says(message(ana.id, NOBODY, 101, 1));
            visitOtherStreams(ana, KEPT_STREAMS - 1);
            ana.stream = STREAM;
            ana.accepted = 0;
            ana.asksToResume(0, HistoryDigest.EMPTY);
            assertThat(ana.hear(Frame.Resumed.class).accepted()).isEqualTo(1);
            assertThat(ana.hear(Frame.Refused.class).ordinal()).isEqualTo(1);

            visitOtherStreams(ana, KEPT_STREAMS);
            ana.stream = STREAM;
            ana.comesBack();
            assertThat(ana.resumed.accepted()).isZero();
            assertThat(ana.resumed.streamDigest()).isEqualTo(HistoryDigest.EMPTY);
            ana.hearsNothing();
        }
    }

    private static void visitOtherStreams(Peer ana, int howMany) {
        for (int i = 1; i <= howMany; i++) {
            ana.stream = new StreamId(i);
            ana.accepted = 0;
            ana.comesBack();
        }
    }

    @Test
    void theStreamsDigestIsOverTheVeryBytesThatCame() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            String create = text(new Frame.CreateGroup(ana.id, new PosixTime(1), List.of(bob.id)));
            ana.saysText(create.replace(' ', '0'));
            ana.gets(1);
            bob.gets(1);
            ana.says(new Frame.Send(ana.id, ana.id.asAddress(), new PosixTime(2), Body.of("olá 🦜")));
            ana.gets(1);
            ana.comesBack();

            assertThat(ana.resumed.accepted()).isEqualTo(2);
            assertThat(ana.resumed.streamDigest()).isEqualTo(ana.sent.digest());
        }
    }

    // ---- refusals

    @Test
    void aRefusalThatTheClientDoesNotKnowIsToldAgainBeforeAnythingElse() {
        try (Peer ana = newPeer()) {
            ana.says(message(ana.id, NOBODY, 101, 1));
            ana.says(message(ana.id, ana.id, 102, 2));
            ana.gets(1);
            ana.says(message(NOBODY, ana.id, 103, 3));

            ana.accepted = 0;
            ana.comesBackFromNothing();
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(1, Reason.UNKNOWN_CLIENT));
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(3, Reason.SPOOFED));
            assertThat(ana.hear()).isEqualTo(new Frame.Accepted(3, new Position(1)));
            assertThat(ana.hear(Frame.Message.class).sentAt()).isEqualTo(new PosixTime(102));

            ana.accepted = 1;
            ana.comesBackFromNothing();
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(3, Reason.SPOOFED));
            assertThat(ana.hear()).isEqualTo(new Frame.Accepted(3, new Position(1)));
            assertThat(ana.hear(Frame.Message.class).sentAt()).isEqualTo(new PosixTime(102));

            ana.accepted = 3;
            ana.comesBackFromNothing();
            assertThat(ana.hear(Frame.Message.class).sentAt()).isEqualTo(new PosixTime(102));
            ana.hearsNothing();
        }
    }

    /** Schedule 2: each stream has its own. */
    @Test
    void aRefusalIsToldOnTheStreamOnWhichItWasRefused() {
        try (Peer ana = newPeer()) {
            ana.says(message(ana.id, NOBODY, 101, 1));
            ana.stream = OTHER_STREAM;
            ana.accepted = 0;
            ana.comesBack();
            ana.says(message(ana.id, ana.id, 102, 2));
            ana.gets(1);
            ana.accepted = 0;
            ana.comesBack();
            ana.gets(1); // its message is delivered now, which it wrote to itself
            ana.hearsNothing();

            ana.stream = STREAM;
            ana.comesBack();
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(1, Reason.UNKNOWN_CLIENT));
        }
    }

    /**
     * The connection is cut right after the frame, and the client is back before the server has stored it: one
     * transaction does both.
     */
    @Test
    void aRefusalIsToldWhenTheConnectionWasCutBeforeItCouldBe() throws SQLException {
        try (Peer ana = newPeer()) {
            server.whileNothingIsStored(() -> {
                // The writer takes this one alone, and waits with it; what comes meanwhile goes together.
                ana.put(text(message(ana.id, ana.id, 100, 1)));
                ana.wire.send(new Frame.Ping());
                ana.hear(Frame.Ping.class);
                RunningServer.await("the writer has taken it", () -> server.gauge("zap.writer.queue") == 0);
                ana.put(text(message(ana.id, NOBODY, 101, 2)));
                ana.wire.send(new Frame.Ping());
                ana.hear(Frame.Ping.class);
                ana.hangsUp();
                ana.asksToResume(0, HistoryDigest.EMPTY);
                RunningServer.await("its 33 is in the queue", () -> server.gauge("zap.writer.queue") == 2);
            });

            assertThat(ana.hear(Frame.Resumed.class).accepted()).isEqualTo(2);
            assertThat(ana.hear()).isEqualTo(new Frame.Refused(2, Reason.UNKNOWN_CLIENT));
            assertThat(ana.hear()).isEqualTo(new Frame.Accepted(2, new Position(1)));
            assertThat(ana.getsMessage().sentAt()).isEqualTo(new PosixTime(100));
        }
    }

    @Test
    void aStreamWithRefusalsThatNobodyKeepsAnyMoreIsUnknownToAClientThatMissesThem() {
        try (Peer ana = newPeer()) {
            for (int i = 1; i <= KEPT_REFUSALS + 1; i++) {
                ana.say(message(ana.id, NOBODY, 101, i));
            }
            for (int refused = 0; refused <= KEPT_REFUSALS; ) {
                if (ana.hear() instanceof Frame.Refused(long ordinal, Reason _)) {
                    refused++;
                    assertThat(ordinal).isEqualTo(refused);
                }
            }
            ana.accepted = 1;
            ana.comesBack();
            assertThat(ana.resumed.accepted()).isEqualTo(KEPT_REFUSALS + 1);
            assertThat(ana.resumed.streamDigest()).isEqualTo(ana.sent.digest());
            for (int i = 2; i <= KEPT_REFUSALS + 1; i++) {
                assertThat(ana.hear()).isEqualTo(new Frame.Refused(i, Reason.UNKNOWN_CLIENT));
            }
            assertThat(ana.hear()).isEqualTo(new Frame.Accepted(KEPT_REFUSALS + 1, new Position(0)));

            ana.accepted = 0;
            ana.comesBack();
            assertThat(ana.resumed.accepted()).isZero();
            assertThat(ana.resumed.streamDigest()).isEqualTo(HistoryDigest.EMPTY);
            ana.hearsNothing();
        }
    }

    // ---- messages with an id

    @Test
    void aMessageKeepsItsIdOnAssuredSessionsAndLosesItOnBaseSessions() {
        try (Peer ana = newPeer();
                Peer bob = newPeer();
                WireClient carol = server.connect("carol");
                WireClient rita = server.connectRecv("rita")) {
            ClientId carolsId = ClientId.parse(carol.register());
            rita.send("01\n");
            ClientId ritasId = ClientId.parse(rita.recv().substring(2));

            ana.says(message(ana.id, bob.id, 101, 1));
            assertThat(bob.get()).isEqualTo(message(ana.id, bob.id, 101, 1));
            ana.says(message(ana.id, carolsId, 101, 1));
            carol.expectFrame(text(message(ana.id, carolsId, 101, 1).withoutId()));
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(carolsId, new PosixTime(101)));
            ana.says(message(ana.id, ritasId, 101, 1));
            assertThat(rita.recv()).isEqualTo("06" + ana.id + ritasId + "0000000101olá 🦜");
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(ritasId, new PosixTime(101)));
            ana.says(message(ana.id, ana.id, 101, 1));
            assertThat(ana.get()).isEqualTo(message(ana.id, ana.id, 101, 1));
        }
    }

    @Test
    void aGroupsMessageKeepsTheGroupAndTheIdAndA05HasNone() {
        try (Peer ana = newPeer();
                Peer bob = newPeer();
                WireClient carol = server.connect("carol")) {
            ClientId carolsId = ClientId.parse(carol.register());
            ana.says(new Frame.CreateGroup(ana.id, new PosixTime(1), List.of(bob.id, carolsId)));
            var group = ((Frame.GroupCreated) ana.get()).id();
            bob.gets(1);
            carol.readFrame();
            var sent = new Frame.Message(
                    ana.id, group.asAddress(), new PosixTime(101), new MessageId(1), Body.of("olá 🦜"));
            ana.says(sent);
            assertThat(bob.get()).isEqualTo(sent);
            carol.expectFrame(text(sent.withoutId()));
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(carolsId, new PosixTime(101)));

            ana.says(new Frame.Send(ana.id, bob.id.asAddress(), new PosixTime(102), Body.of("x")));
            assertThat(bob.get())
                    .isEqualTo(new Frame.Deliver(ana.id, bob.id.asAddress(), new PosixTime(102), Body.of("x")));
        }
    }

    /** It is the recipient's store that passes over what it has: the server does not remember ids. */
    @Test
    void aMessageThatIsSentTwiceGoesInTwice() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            ana.says(message(ana.id, bob.id, 101, 1));

            assertThat(bob.get()).isEqualTo(bob.get());
        }
    }

    @Test
    void aMessageWithAnIdIsRefusedForTheReasonsOfOneWithout() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            var nul =
                    new Frame.Message(ana.id, bob.id.asAddress(), new PosixTime(1), new MessageId(1), Body.of("a\0b"));
            assertThat(ana.says(nul)).isEqualTo(Reason.BAD_TEXT);
            assertThat(ana.says(message(bob.id, ana.id, 1, 1))).isEqualTo(Reason.SPOOFED);
            assertThat(ana.says(message(ana.id, NOBODY, 1, 1))).isEqualTo(Reason.UNKNOWN_CLIENT);
            bob.hearsNothing();
        }
    }

    @Test
    void aMessageWithAnIdIsForAssuredSessionsOnly() {
        long notYours = server.refusals(Reason.NOT_YOURS_TO_SEND);
        long notConnected = server.refusals(Reason.NOT_CONNECTED);
        try (WireClient carol = server.connect("carol")) {
            ClientId id = ClientId.parse(carol.register());
            carol.send(text(message(id, id, 101, 1)));
            carol.send(text(message(id, id, 102, 2).withoutId()).replaceFirst("^06", "05"));
            carol.expectFrame(text(message(id, id, 102, 2).withoutId()));
        }
        try (Peer ana = newPeer();
                AssuredPeer early = AssuredPeer.on(server.connect("early"))) {
            Nonce nonce = early.hello();
            early.send(message(ana.id, ana.id, 101, 1));
            early.send(AssuredPeer.resumption(ana.key, nonce, ana.id, STREAM));
            assertThat(early.hear(Frame.Resumed.class).accepted()).isZero();
        }
        assertThat(server.refusals(Reason.NOT_YOURS_TO_SEND) - notYours).isEqualTo(1);
        assertThat(server.refusals(Reason.NOT_CONNECTED) - notConnected).isEqualTo(1);
    }

    @Test
    void aHelloOfVersion01IsClosedWithoutAnAnswer() {
        try (WireClient old = server.connect("old")) {
            old.send("3001");
            old.expectClosed();
        }
    }

    // ---- groups

    @Test
    void aGroupThatIsAskedForAgainIsNotMadeTwiceAndItsCreatorIsToldAgain() {
        try (Peer ana = newPeer();
                Peer bob = newPeer();
                Peer carol = newPeer()) {
            var request = new Frame.CreateGroup(ana.id, new PosixTime(1), List.of(bob.id));
            ana.says(request);
            Frame made = ana.get();
            assertThat(bob.get()).isEqualTo(made);

            ana.says(request);
            assertThat(ana.get()).isEqualTo(made);
            ana.stream = OTHER_STREAM;
            ana.accepted = 0;
            ana.comesBack();
            ana.says(new Frame.CreateGroup(ana.id, new PosixTime(1), List.of(bob.id, ana.id, bob.id)));
            assertThat(ana.get()).isEqualTo(made);
            bob.hearsNothing();

            for (Frame.CreateGroup other : List.of(
                    new Frame.CreateGroup(ana.id, new PosixTime(2), List.of(bob.id)),
                    new Frame.CreateGroup(ana.id, new PosixTime(1), List.of(bob.id, carol.id)))) {
                ana.says(other);
                Frame another = ana.get();
                assertThat(((Frame.GroupCreated) another).id()).isNotEqualTo(((Frame.GroupCreated) made).id());
                assertThat(bob.get()).isEqualTo(another);
            }
        }
    }

    @Test
    void onABaseSessionTheSameRequestMakesTwoGroups() {
        try (Peer bob = newPeer();
                WireClient carol = server.connect("carol")) {
            ClientId id = ClientId.parse(carol.register());
            String request = text(new Frame.CreateGroup(id, new PosixTime(1), List.of(bob.id)));
            carol.send(request + request);
            assertThat(((Frame.GroupCreated) bob.get()).id()).isNotEqualTo(((Frame.GroupCreated) bob.get()).id());
        }
    }

    // ---- receipts

    /** Schedule 1: a 07 that was waiting says nothing about a frame that is accepted later. */
    @Test
    void aReceiptThatWaitedHasAPositionThatIsNotGreaterThanTheAtOfALaterFrame() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 101, 1));
            assertThat(ana.lastAt).isZero();
            bob.gets(1);
            bob.confirms();
            bob.comesBack(); // what it has confirmed is stored when it is back
            ana.say(message(ana.id, bob.id, 101, 2));
            // The 07 for the first comes at position 1, and the second was accepted at 1: so it is not meant.
            long at = 0;
            boolean delivered = false;
            while (ana.accepted < 2 || !delivered) {
                switch (ana.hear()) {
                    case Frame.Accepted(long _, Position position) -> {
                        ana.accepted = 2;
                        at = position.value();
                    }
                    case Frame.Delivered receipt -> {
                        assertThat(receipt).isEqualTo(new Frame.Delivered(bob.id, new PosixTime(101)));
                        delivered = true;
                    }
                    case Frame other -> throw new AssertionError("heard " + other);
                }
            }
            assertThat(at).isEqualTo(1);
            ana.comesBackFromNothing();
            assertThat(ana.resumed.accepted()).isEqualTo(2);
            assertThat(ana.resumed.at()).isEqualTo(new Position(1));
        }
    }

    /** Schedule 10, on either kind of session. */
    @Test
    void aReadReceiptCoversNothingThatWaits() {
        try (Peer ana = newPeer();
                Peer bob = newPeer()) {
            ana.says(message(ana.id, bob.id, 100, 1));
            ana.says(message(ana.id, bob.id, 101, 2));
            bob.gets(2);
            bob.confirms();
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(bob.id, new PosixTime(101)));
            ana.says(message(ana.id, bob.id, 101, 3));
            bob.gets(1);

            bob.says(new Frame.Read(ana.id, new PosixTime(101)));
            assertThat(ana.get())
                    .as("lowered below what waits")
                    .isEqualTo(new Frame.ReadReceipt(bob.id, new PosixTime(100)));
            bob.says(new Frame.Read(ana.id, new PosixTime(101)));
            ana.hearsNothing();

            bob.confirms();
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(bob.id, new PosixTime(101)));
            bob.says(new Frame.Read(ana.id, new PosixTime(101)));
            assertThat(ana.get()).isEqualTo(new Frame.ReadReceipt(bob.id, new PosixTime(101)));
        }
    }

    @Test
    void aBaseSessionsReadReceiptCoversWhatItsTcpHasAcknowledged() {
        try (Peer ana = newPeer();
                WireClient carol = server.connect("carol")) {
            ClientId id = ClientId.parse(carol.register());
            ana.says(message(ana.id, id, 100, 1));
            carol.readFrame();
            assertThat(ana.get()).isEqualTo(new Frame.Delivered(id, new PosixTime(100)));
            carol.send(text(new Frame.Read(ana.id, new PosixTime(100))));
            assertThat(ana.get()).isEqualTo(new Frame.ReadReceipt(id, new PosixTime(100)));
        }
    }

    // ---- who speaks

    private Peer newPeer() {
        return newPeer(server);
    }

    private static Peer newPeer(TestedServer server) {
        var peer = new Peer(server, AssuredPeer.newKey());
        peer.wire = AssuredPeer.on(server.connect("peer"));
        peer.id = peer.wire.register(Objects.requireNonNull(peer.key), STREAM);
        return peer;
    }

    private Peer keyless(ClientId id) {
        var peer = new Peer(server, null);
        peer.id = id;
        return peer;
    }

    private static Frame.Message message(ClientId from, ClientId to, long second, long messageId) {
        return new Frame.Message(
                from, to.asAddress(), new PosixTime(second), new MessageId(messageId), Body.of("olá 🦜"));
    }

    private static String text(Frame frame) {
        return new String(ENCODER.encode(frame), UTF_8);
    }

    /** A row of frames and its digest, made here once more as the protocol says it. */
    private static final class History {

        private final List<String> frames = new ArrayList<>();

        void add(String frame) {
            frames.add(frame);
        }

        History copy() {
            var copy = new History();
            copy.frames.addAll(frames);
            return copy;
        }

        long length() {
            return frames.size();
        }

        HistoryDigest digest() {
            String digest = "00000000";
            for (String frame : frames) {
                var checksum = new CRC32C();
                checksum.update(digest.getBytes(US_ASCII));
                checksum.update(frame.getBytes(UTF_8));
                digest = String.format(Locale.ROOT, "%08x", checksum.getValue());
            }
            return HistoryDigest.parse(digest);
        }
    }

    /** A client with its disk, and the connection that it has. */
    private static final class Peer implements AutoCloseable {

        private final TestedServer server;
        private final KeyPair key;
        private ClientId id;
        private AssuredPeer wire;
        private StreamId stream = STREAM;
        private History mail = new History();
        private History sent = new History();
        private long accepted;
        private long lastAt;
        private Frame.Resumed resumed;

        Peer(TestedServer server, KeyPair key) {
            this.server = server;
            this.key = key;
        }

        /** The next frame; mail goes to the disk. */
        Frame hear() {
            String text = wire.hearText();
            Frame frame = decoded(text);
            if (frame instanceof Frame.ForMailbox) {
                mail.add(text);
            }
            return frame;
        }

        <F extends Frame> F hear(Class<F> type) {
            Frame frame = hear();
            assertThat(frame).isInstanceOf(type);
            return type.cast(frame);
        }

        /** The next frame, which must be mail. */
        Frame get() {
            return hear(Frame.ForMailbox.class);
        }

        Frame.Message getsMessage() {
            return hear(Frame.Message.class);
        }

        void gets(int entries) {
            for (int i = 0; i < entries; i++) {
                get();
            }
        }

        /** Nothing has come: a ping is answered first. */
        void hearsNothing() {
            pings();
        }

        void pings() {
            wire.send(new Frame.Ping());
            assertThat(hear()).isEqualTo(new Frame.Ping());
        }

        void confirms() {
            wire.send(new Frame.Received(new Position(mail.length())));
        }

        /** Sends a frame, and waits until it has been dealt with; mail that comes before that would be a surprise. */
        Reason says(Frame frame) {
            return saysText(text(frame));
        }

        Reason saysText(String frame) {
            put(frame);
            Reason refusal = null;
            Frame answer = hear();
            if (answer instanceof Frame.Refused(long ordinal, Reason reason)) {
                assertThat(ordinal).isEqualTo(accepted + 1);
                refusal = reason;
                answer = hear();
            }
            var said = (Frame.Accepted) answer;
            assertThat(said.accepted()).isEqualTo(accepted + 1);
            accepted++;
            lastAt = said.at().value();
            return refusal;
        }

        void say(Frame frame) {
            put(text(frame));
        }

        void put(String frame) {
            sent.add(frame);
            wire.sendText(frame);
        }

        void hangsUp() {
            if (wire != null) {
                wire.close();
            }
        }

        /** A new connection, with what is on the disk. */
        void comesBack() {
            comesBack(mail.length(), mail.digest());
        }

        void comesBack(long position, HistoryDigest digest) {
            asksToResume(position, digest);
            resumed = hear(Frame.Resumed.class);
        }

        void comesBackFromNothing() {
            comesBack(0, HistoryDigest.EMPTY);
        }

        void asksToResume(long position, HistoryDigest digest) {
            hangsUp();
            wire = AssuredPeer.on(server.connect("peer"));
            Nonce nonce = wire.hello();
            wire.send(
                    key == null
                            ? new Frame.Resume(
                                    id, stream, accepted, new Position(position), digest, SignatureBytes.NONE)
                            : AssuredPeer.resumption(key, nonce, id, stream, accepted, position, digest));
        }

        private static Frame decoded(String text) {
            try {
                return Objects.requireNonNull(DECODER.decode(ByteBuffer.wrap(text.getBytes(UTF_8))));
            } catch (MalformedFrameException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() {
            hangsUp();
        }
    }

    /** A mailbox with room for five entries. */
    @Nested
    @Impatient
    class OnAnImpatientServer {

        @Autowired
        private TestedServer small;

        /** A refusal has no place in a mailbox, and needs none: neither its sender's nor the recipient's. */
        @Test
        void aRefusalIsToldAgainAlsoWhenMailboxesAreFull() {
            try (Peer ana = newPeer(small);
                    Peer bob = newPeer(small)) {
                ana.hangsUp();
                for (int i = 1; i <= 5; i++) {
                    assertThat(bob.says(message(bob.id, ana.id, 100 + i, i))).isNull();
                }
                assertThat(bob.says(message(bob.id, ana.id, 106, 6))).isEqualTo(Reason.MAILBOX_FULL);
                bob.accepted = 5;
                bob.comesBack();
                assertThat(bob.hear()).isEqualTo(new Frame.Refused(6, Reason.MAILBOX_FULL));
                assertThat(bob.hear()).isInstanceOf(Frame.Accepted.class);

                ana.comesBackFromNothing();
                ana.gets(5); // and confirms none of them
                assertThat(ana.says(message(ana.id, NOBODY, 107, 1))).isEqualTo(Reason.UNKNOWN_CLIENT);
                assertThat(ana.says(message(ana.id, ana.id, 108, 2))).isEqualTo(Reason.MAILBOX_FULL);
                ana.accepted = 0;
                ana.comesBackFromNothing();
                assertThat(ana.hear()).isEqualTo(new Frame.Refused(1, Reason.UNKNOWN_CLIENT));
                assertThat(ana.hear()).isEqualTo(new Frame.Refused(2, Reason.MAILBOX_FULL));
                assertThat(ana.hear()).isInstanceOf(Frame.Accepted.class);
                ana.gets(5);
                ana.hearsNothing();
            }
        }
    }
}
