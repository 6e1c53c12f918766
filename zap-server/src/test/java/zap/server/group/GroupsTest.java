package zap.server.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.server.identity.IdSource;
import zap.server.mailbox.ImmediateMailbox;
import zap.server.mailbox.WriteOutcome;

class GroupsTest {

    private static final ClientId ANA = new ClientId(1_000_000_000_001L);
    private static final ClientId BOB = new ClientId(1_000_000_000_002L);
    private static final ClientId CARLA = new ClientId(1_000_000_000_003L);
    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);
    private static final PosixTime NOON = new PosixTime(1_700_000_000L);
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_100L);

    private final ImmediateMailbox mailbox = ImmediateMailbox.withoutSessions(100);
    private final Groups groups = GroupsInMemory.create(new IdSource(new Random(1)), Clock.fixed(NOW, ZoneOffset.UTC));
    private final List<String> outcomes = new ArrayList<>();
    private final Consumer<WriteOutcome> outcome = settled -> outcomes.add(
            switch (settled) {
                case WriteOutcome.Stored() -> "made";
                case WriteOutcome.Refused(Reason reason) -> reason.name();
            });

    GroupsTest() {
        List.of(ANA, BOB, CARLA).forEach(client -> mailbox.register(client, null));
    }

    @Test
    void allMembersAreToldAndTheCreatorIsTheFirst() throws Exception {
        create(ANA, false, BOB, CARLA);

        assertThat(outcomes).containsExactly("made");
        Frame.GroupCreated told = groupsToldTo(ANA).getFirst();
        assertThat(told.members()).containsExactly(ANA, BOB, CARLA);
        assertThat(told.createdAt().seconds()).isEqualTo(NOW.getEpochSecond());
        assertThat(groupsToldTo(BOB)).containsExactly(told);
        assertThat(groupsToldTo(CARLA)).containsExactly(told);
        assertThat(groups.membersOf(told.id())).containsExactly(ANA, BOB, CARLA);
    }

    @Test
    void aMemberThatIsNamedTwiceIsInItOnce() throws Exception {
        create(ANA, false, BOB, ANA, BOB);

        assertThat(groupsToldTo(ANA).getFirst().members()).containsExactly(ANA, BOB);
    }

    @Test
    void whoNamesAnotherCreatorIsRefused() throws Exception {
        mailbox.submit(groups.create(BOB, new Frame.CreateGroup(ANA, NOON, List.of(BOB)), false, 0, outcome));

        assertThat(outcomes).containsExactly("SPOOFED");
    }

    @Test
    void noGroupOfOneAndNoneOfMoreThanEightIsMade() throws Exception {
        create(ANA, false, ANA);
        ClientId[] eight = LongStream.range(0, 8)
                .mapToObj(i -> new ClientId(1_100_000_000_000L + i))
                .toArray(ClientId[]::new);
        List.of(eight).forEach(client -> mailbox.register(client, null));
        mailbox.submit(groups.create(
                ANA, new Frame.CreateGroup(ANA, NOON, List.of(eight).subList(0, 7)), false, 0, outcome));

        assertThat(outcomes).containsExactly("BAD_GROUP", "made");
        assertThat(groupsToldTo(ANA).getFirst().members()).hasSize(8);
    }

    @Test
    void noGroupIsMadeWithAMemberThatNobodyIs() throws Exception {
        create(ANA, false, BOB, NOBODY);

        assertThat(outcomes).containsExactly("BAD_GROUP");
        assertThat(groupsToldTo(BOB)).isEmpty();
    }

    /**
     * Checks that a 10 that is sent again on an assured session makes no second group: only its creator gets the 11
     * again.
     */
    @Test
    void aRequestThatIsRepeatedMakesOneGroup() throws Exception {
        create(ANA, true, BOB);
        create(ANA, true, BOB);

        assertThat(outcomes).containsExactly("made", "made");
        assertThat(groupsToldTo(ANA)).hasSize(2);
        assertThat(groupsToldTo(ANA).getFirst()).isEqualTo(groupsToldTo(ANA).getLast());
        assertThat(groupsToldTo(BOB)).hasSize(1);
    }

    @Test
    void aRequestWithOtherMembersMakesAnotherGroup() throws Exception {
        create(ANA, true, BOB);
        create(ANA, true, CARLA);

        assertThat(groupsToldTo(ANA).stream().map(Frame.GroupCreated::id).distinct())
                .hasSize(2);
    }

    @Test
    void onABaseSessionEveryRequestMakesAGroup() throws Exception {
        create(ANA, false, BOB);
        create(ANA, false, BOB);

        assertThat(groupsToldTo(BOB).stream().map(Frame.GroupCreated::id).distinct())
                .hasSize(2);
    }

    @Test
    void ofAGroupThatThereIsNotNobodyIsAMember() {
        assertThat(groups.membersOf(new GroupId(2_000_000_000_009L))).isNull();
    }

    private void create(ClientId creator, boolean once, ClientId... members) throws InterruptedException {
        mailbox.submit(
                groups.create(creator, new Frame.CreateGroup(creator, NOON, List.of(members)), once, 0, outcome));
    }

    private List<Frame.GroupCreated> groupsToldTo(ClientId client) {
        return mailbox.mailOf(client).stream()
                .map(mail -> (Frame.GroupCreated) mail.frame())
                .toList();
    }
}
