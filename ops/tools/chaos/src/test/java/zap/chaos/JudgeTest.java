package zap.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;

class JudgeTest {

    private static final ClientId ANA = ClientId.parse("1000000000001");
    private static final ClientId BOB = ClientId.parse("1000000000002");
    private static final Address GROUP = new Address(1_000_000_000_009L);
    private static final Address NOBODY = new Address(42);
    private static final String HI = "7.hi";
    private static final String HO = "7.ho";

    private final FakeStore ana = new FakeStore("ana", ANA);
    private final FakeStore bob = new FakeStore("bob", BOB);
    private final Judge judge = new Judge("7.", GROUP, List.of(ana, bob));

    private void anaWrites(String text, DeliveryState state, int delivered) {
        ana.wrote(BOB.asAddress(), text, state, delivered, 0);
        judge.wasTold(ana, BOB.asAddress(), text);
        judge.look();
    }

    private void assertFault(String... words) {
        assertThat(judge.verdict().faults())
                .anySatisfy(fault -> assertThat(fault).contains(words));
    }

    private void assertContent() {
        assertThat(judge.verdict().faults()).isEmpty();
    }

    @Test
    void whatArrivesOnceAndIsKnownToIsAllRight() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        assertThat(judge.isSettled()).isTrue();
        assertContent();
        assertThat(judge.verdict().arrived()).isEqualTo(1);
    }

    @Test
    void deliveredBeforeAnyStoreHasItIsFalseEvenIfItComesLater() {
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        bob.got(ANA, HI, false);
        assertFault("is delivered to 1, and 0 have ever had it");
    }

    @Test
    void deliveredToAStoreThatIsGoneIsTrue() {
        bob.got(ANA, HI, false);
        judge.aboutToBeReplaced(bob);
        bob.forgetAll();
        judge.replaced(bob);
        bob.says(Kind.UNSEEN);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        assertContent();
        assertThat(judge.verdict().missed()).isEqualTo(1);
    }

    @Test
    void aStoreThatLacksSomethingAndSaysNothingIsSilent() {
        bob.got(ANA, HI, false);
        var second = new FakeStore("bob-1", BOB);
        judge.imported(second);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        assertFault("not in bob-1", "silence");
    }

    @Test
    void whatTheServerLostIsSaidByTheSenderWhoLivedThroughIt() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeReplaced(bob);
        bob.forgetAll();
        judge.replaced(bob);
        judge.aboutToBeRestored(0);
        ana.says(Kind.NEW_STREAM_SERVER);
        assertContent();
        assertThat(judge.verdict().missed()).isEqualTo(1);
    }

    @Test
    void aSenderWhoKnewMoreThanTheRestoredServerHasToSayIt() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        ana.says(Kind.NEW_STREAM_SERVER); // too early: that was something else
        judge.aboutToBeRestored(0);
        assertFault("knew more than the restored server");
    }

    @Test
    void whatWasSaidAfterARestoreNeedNotBeSaidAfterTheNextOnes() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeRestored(0);
        ana.says(Kind.NEW_STREAM_SERVER);
        judge.aboutToBeRestored(0);
        judge.aboutToBeRestored(0);
        assertContent();
    }

    @Test
    void whatWasAcceptedBetweenTwoRestoresHasToBeSaidAfterTheSecond() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeRestored(0);
        ana.says(Kind.NEW_STREAM_SERVER);
        bob.got(ANA, HO, false);
        anaWrites(HO, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeRestored(0);
        assertFault("ana knew more than the restored server");
    }

    @Test
    void whatWasNotSaidAfterARestoreHasToBeSaidAfterTheNextOne() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeRestored(0);
        judge.aboutToBeRestored(0);
        assertFault("ana knew more than the restored server");
    }

    @Test
    void aServerThatKnewAllOfItOwesNobodyAWord() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeRestored(judge.writtenSoFar());
        assertContent();
    }

    @Test
    void readMeansShownInSomeStore() {
        bob.got(ANA, HI, false);
        ana.wrote(BOB.asAddress(), HI, DeliveryState.AT_SERVER, 1, 1);
        judge.wasTold(ana, BOB.asAddress(), HI);
        assertFault("is read by 1, and 0 have ever been shown it");
    }

    @Test
    void aGroupsMemberCountsOnlyOnce() {
        bob.got(ANA, HI, false);
        ana.wrote(GROUP, HI, DeliveryState.AT_SERVER, 2, 2, 0);
        judge.wasTold(ana, GROUP, HI);
        assertFault("is delivered to 2, and 1 have ever had it");
    }

    @Test
    void aTickMayBeTakenBackOnlyBySayingThatItIsSentAgain() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 0);
        ana.says(Kind.NEW_STREAM_SERVER);
        ana.wrote(BOB.asAddress(), HI, DeliveryState.WAITING, 0, 0);
        judge.look();
        assertThat(judge.isContent()).isTrue();
        ana.wrote(BOB.asAddress(), HI, DeliveryState.AT_SERVER, 0, 0);
        judge.look();
        ana.wrote(BOB.asAddress(), HI, DeliveryState.WAITING, 0, 0);
        assertFault("taken back");
    }

    @Test
    void deliveredIsNeverTakenBack() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        ana.says(Kind.NEW_STREAM_SERVER);
        ana.wrote(BOB.asAddress(), HI, DeliveryState.WAITING, 0, 0);
        assertFault("taken back");
    }

    @Test
    void aStoreThatWasPutBackMayKnowLess() {
        bob.got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        judge.aboutToBeReplaced(ana);
        ana.forgetAll();
        judge.replaced(ana);
        ana.wrote(BOB.asAddress(), HI, DeliveryState.AT_SERVER, 0, 0);
        assertContent();
    }

    @Test
    void whatTheServerTookFromAStoreThatIsGoneStillArrives() {
        anaWrites(HI, DeliveryState.AT_SERVER, 0);
        judge.aboutToBeReplaced(ana);
        ana.forgetAll();
        judge.replaced(ana);
        assertFault("accepted from a store that is gone");
    }

    @Test
    void whatOnlyAStoreThatIsGoneHadMayBeLost() {
        anaWrites(HI, DeliveryState.WAITING, 0);
        judge.aboutToBeReplaced(ana);
        ana.forgetAll();
        judge.replaced(ana);
        assertContent();
    }

    @Test
    void aRefusedMessageHasNoTick() {
        ana.wrote(NOBODY, HI, DeliveryState.REFUSED, 0, 0);
        judge.wasTold(ana, NOBODY, HI);
        assertContent();
        ana.wrote(NOBODY, HO, DeliveryState.AT_SERVER, 0, 0);
        judge.wasTold(ana, NOBODY, HO);
        assertFault("is for nobody, and has a tick");
    }

    @Test
    void aGoodMessageThatIsRefusedOrStillWaitsOrIsForgottenIsNoEnd() {
        anaWrites(HI, DeliveryState.REFUSED, 0);
        anaWrites(HO, DeliveryState.WAITING, 0);
        judge.wasTold(ana, BOB.asAddress(), "7.never");
        assertFault(HI, "is REFUSED at the end");
        assertFault(HO, "is WAITING at the end");
        assertFault("7.never", "it is not there");
    }

    @Test
    void acceptedAndNowhereIsLost() {
        anaWrites(HI, DeliveryState.AT_SERVER, 0);
        assertThat(judge.isSettled()).isFalse();
        assertFault("was accepted, and", "has never had it");
    }

    @Test
    void twiceIsOnceTooMuch() {
        bob.got(ANA, HI, false);
        bob.gotAgain(ANA, HI);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        assertFault("bob has", "more than once");
    }

    @Test
    void theOrderHolds() {
        bob.got(ANA, HO, false).got(ANA, HI, false);
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        anaWrites(HO, DeliveryState.AT_SERVER, 1);
        assertFault("which was sent earlier");
    }

    @Test
    void theOrderIsFreeWhereAStoreWasCopied() {
        bob.got(ANA, HO, false).got(ANA, HI, false);
        judge.copied(bob, new FakeStore("bob-1", BOB).copyOf(bob));
        anaWrites(HI, DeliveryState.AT_SERVER, 1);
        anaWrites(HO, DeliveryState.AT_SERVER, 1);
        assertContent();
    }

    @Test
    void aPositionThatGoesBackWasSaidToBeALoss() {
        bob.isAt(5);
        judge.aboutToBeRestored(0);
        bob.says(Kind.SERVER_LOST);
        bob.isAt(3);
        judge.look();
        assertContent();
        bob.isAt(2);
        judge.look();
        assertFault("has not said that the server lost history");
    }

    @Test
    void aLossThatIsSaidWithoutARestoreIsFalse() {
        bob.says(Kind.SERVER_LOST);
        assertFault("bob says that the server lost history");
    }

    @Test
    void whatWasNotSentOrIsForSomebodyElseIsSeen() {
        bob.got(ANA, HI, false);
        judge.wasTold(ana, ANA.asAddress(), HO);
        ana.wrote(ANA.asAddress(), HO, DeliveryState.AT_SERVER, 1, 1);
        bob.got(ANA, HO, false);
        assertFault(HI, "did not send");
        assertFault(HO, "which is for");
    }
}
