package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.shell.store.StoreFixture.ANA;
import static zap.shell.store.StoreFixture.BOB;
import static zap.shell.store.StoreFixture.ME;
import static zap.shell.store.StoreFixture.NOW;
import static zap.shell.store.StoreFixture.TRIP;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.OutgoingMessages.Open;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.PendingGroups.RefusedGroup;

/** Tests the way of a group from the user's request to its 11, or to a refusal. */
class PendingGroupsTest {

    private static final PosixTime SECOND = PosixTime.of(NOW);

    private StoreFixture store;
    private PendingGroups groups;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = new StoreFixture(folder);
        groups = store.pendingGroups;
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aGroupWaitsIsHandedOverAndIsGoneWhenItHasCome() {
        long number = groups.add("trip", List.of(ANA, BOB), SECOND);
        var group = new PendingGroup(number, "trip", SECOND, List.of(ANA, BOB));
        assertThat(groups.in(DeliveryState.WAITING)).containsExactly(group);
        assertThat(groups.isHanded(number)).isFalse();
        groups.handed(number, 4);
        assertThat(groups.isHanded(number)).isTrue();
        assertThat(groups.in(DeliveryState.WAITING)).isEmpty();
        assertThat(groups.in(DeliveryState.HANDED)).containsExactly(group);
        assertThat(groups.open()).containsExactly(new Open(number, 4));
        assertThat(groups.find(number)).contains(group);
        groups.remove(number);
        assertThat(groups.find(number)).isEmpty();
    }

    @Test
    void groupsAreFoundByTheMarkBehindTheirRequest() {
        long first = groups.add("one", List.of(ANA), SECOND);
        long second = groups.add("two", List.of(BOB), SECOND);
        groups.handed(first, 3);
        groups.handed(second, 6);
        assertThat(groups.handedBetween(3, 5)).extracting(PendingGroup::number).containsExactly(first);
        assertThat(groups.handedBetween(4, 6)).extracting(PendingGroup::number).containsExactly(second);
    }

    @Test
    void aRefusedGroupIsKeptUntilTheUserKnowsOrAsksAgain() {
        long number = groups.add("trip", List.of(ANA), SECOND);
        groups.handed(number, 1);
        groups.refused(number, Reason.BAD_GROUP);
        assertThat(groups.find(number)).as("pending").isEmpty();
        assertThat(groups.refused())
                .containsExactly(
                        new RefusedGroup(new PendingGroup(number, "trip", SECOND, List.of(ANA)), Reason.BAD_GROUP));
        long again = groups.add("trip", List.of(ANA), SECOND);
        assertThat(groups.refused()).isEmpty();
        assertThat(groups.find(again)).isPresent();
    }

    @Test
    void aRefusedSuccessorOfALostGroupIsNotKept() {
        store.addTrip();
        var succession = new GroupSuccession(store.database);
        succession.lost(TRIP);
        succession.requestAgain(TRIP.asAddress(), ME, SECOND);
        PendingGroup request = groups.in(DeliveryState.WAITING).getFirst();
        assertThat(request.members()).containsExactly(ANA, BOB);
        assertThat(succession.lostBefore(request.number())).contains(TRIP);
        groups.refused(request.number(), Reason.BAD_GROUP);
        assertThat(groups.refused()).isEmpty();
        succession.requestAgain(TRIP.asAddress(), ME, SECOND);
        assertThat(groups.in(DeliveryState.WAITING)).hasSize(1);
    }

    @Test
    void onANewStreamTheGroupsOfTheOldOneWaitAgain() {
        long ofBase = groups.add("base", List.of(ANA), SECOND);
        long ofStream = groups.add("stream", List.of(ANA), SECOND);
        long refused = groups.add("refused", List.of(ANA), SECOND);
        groups.handed(ofBase, 1);
        groups.numbered(ofStream, 2);
        groups.numbered(refused, 2);
        groups.refused(refused, Reason.BAD_GROUP);
        assertThat(groups.open()).as("of base sessions").containsExactly(new Open(ofBase, 1));
        groups.waitAgain();
        assertThat(groups.waitingAgain()).extracting(PendingGroup::number).containsExactly(ofStream);
        assertThat(groups.in(DeliveryState.HANDED))
                .extracting(PendingGroup::number)
                .containsExactly(ofBase);
        assertThat(groups.refused()).hasSize(1);
    }
}
