package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class ReceiptLedgerTest {

    private static final long ANA = 1000000000017L;
    private static final long BOB = 1739250018846L;

    private final ReceiptLedger ledger = new ReceiptLedger(0);

    @Test
    void aDeliveredMessageOwesItsOriginatorAReceiptWithItsSecond() {
        ledger.appended(ANA, 100);

        assertThat(ledger.confirmed(1)).containsExactly(new ReceiptLedger.Due(ANA, 100));
        assertThat(ledger.settled()).isEqualTo(1);
    }

    @Test
    void oneReceiptStandsForAllThatWereDeliveredTogether() {
        for (int second = 100; second < 105; second++) {
            ledger.appended(ANA, second);
        }

        assertThat(ledger.confirmed(5)).containsExactly(new ReceiptLedger.Due(ANA, 104));
    }

    @Test
    void eachOriginatorGetsAReceiptOfItsOwn() {
        ledger.appended(ANA, 100);
        ledger.appended(BOB, 7);

        assertThat(ledger.confirmed(2))
                .containsExactlyInAnyOrder(new ReceiptLedger.Due(ANA, 100), new ReceiptLedger.Due(BOB, 7));
    }

    @Test
    void anEquallyOldMessageThatWaitsHoldsTheReceiptBack() {
        ledger.appended(ANA, 100);
        ledger.appended(ANA, 100);

        assertThat(ledger.confirmed(1)).isEmpty();
        assertThat(ledger.settled()).isZero();
        assertThat(ledger.confirmed(2)).containsExactly(new ReceiptLedger.Due(ANA, 100));
        assertThat(ledger.settled()).isEqualTo(2);
    }

    @Test
    void anOlderMessageThatWaitsHoldsTheReceiptBackUntilItIsDeliveredToo() {
        ledger.appended(ANA, 100);
        ledger.appended(ANA, 90);

        assertThat(ledger.confirmed(1)).isEmpty();
        assertThat(ledger.confirmed(2)).containsExactly(new ReceiptLedger.Due(ANA, 100));
    }

    @Test
    void aNewerMessageThatWaitsHoldsNothingBack() {
        ledger.appended(ANA, 100);
        ledger.appended(ANA, 101);

        assertThat(ledger.confirmed(1)).containsExactly(new ReceiptLedger.Due(ANA, 100));
    }

    @Test
    void theOldestSecondThatWaitsIsAskedForEachOriginatorAndBehindAPosition() {
        ledger.appended(ANA, 100);
        ledger.appendedOther();
        ledger.appended(ANA, 90);
        ledger.appended(BOB, 50);
        ledger.appended(ANA, 95);

        assertThat(ledger.oldestWaiting(ANA, 0)).isEqualTo(90);
        assertThat(ledger.oldestWaiting(ANA, 2)).isEqualTo(90);
        assertThat(ledger.oldestWaiting(ANA, 3)).isEqualTo(95);
        assertThat(ledger.oldestWaiting(ANA, 5)).isEqualTo(Long.MAX_VALUE);
        assertThat(ledger.oldestWaiting(BOB, 3)).isEqualTo(50);
        assertThat(ledger.oldestWaiting(BOB, 4)).isEqualTo(Long.MAX_VALUE);
        assertThat(ledger.oldestWaiting(7, 0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatWasDeliveredAndIsHeldDoesNotWait() {
        ledger.appended(ANA, 100);
        ledger.appended(ANA, 90);
        ledger.appended(ANA, 110);
        assertThat(ledger.confirmed(1)).isEmpty();

        assertThat(ledger.oldestWaiting(ANA, 1)).isEqualTo(90);
        ledger.confirmed(2);
        assertThat(ledger.oldestWaiting(ANA, 2)).isEqualTo(110);
    }

    @Test
    void aLedgerThatIsReadAgainKnowsTheSameOldestSecond() {
        var again = new ReceiptLedger(2, 4);
        again.loaded(1, ANA, 80);
        again.loaded(3, ANA, 100);
        again.loaded(4, ANA, 90);

        assertThat(again.oldestWaiting(ANA, 2)).isEqualTo(90);
        assertThat(again.oldestWaiting(ANA, 4)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aMessageBehindAHoleHoldsReceiptsBackAndIsDeliveredWhenTheHoleIsFilled() {
        ledger.learned(1, ANA, 100);
        ledger.learned(3, ANA, 100);

        assertThat(ledger.tail()).isEqualTo(1);
        assertThat(ledger.oldestWaiting(ANA, 1)).isEqualTo(100);
        assertThat(ledger.confirmed(1)).isEmpty();

        ledger.learned(2, null, 0);
        assertThat(ledger.tail()).isEqualTo(3);
        assertThat(ledger.countAhead()).isZero();
        assertThat(ledger.confirmed(3)).containsExactly(new ReceiptLedger.Due(ANA, 100));
    }

    @Test
    void whatIsLearnedTwiceCountsOnce() {
        ledger.learned(1, ANA, 100);
        ledger.learned(1, ANA, 100);
        ledger.learned(3, BOB, 90);
        ledger.learned(3, BOB, 90);
        ledger.learned(2, ANA, 100);
        ledger.learned(3, BOB, 90);

        assertThat(ledger.tail()).isEqualTo(3);
        assertThat(ledger.size()).isEqualTo(3);
    }

    @Test
    void anAssumedPlaceIsForgottenWhenTheEntryGetsItsOwn() {
        ledger.learned(1, ANA, 100);
        ledger.assumed(2, BOB, 50);
        assertThat(ledger.oldestWaiting(BOB, 1)).isEqualTo(50);

        ledger.forgetFrom(2);
        ledger.learned(3, BOB, 50);
        ledger.learned(2, ANA, 101);
        assertThat(ledger.tail()).isEqualTo(3);
        assertThat(ledger.confirmed(3))
                .containsExactlyInAnyOrder(new ReceiptLedger.Due(ANA, 101), new ReceiptLedger.Due(BOB, 50));
    }

    @Test
    void aReceiptThatWasNotTrueIsOwedAgain() {
        ledger.learned(1, ANA, 100);
        ledger.learned(2, ANA, 105);
        ledger.learned(3, BOB, 7);
        assertThat(ledger.confirmed(3))
                .containsExactlyInAnyOrder(new ReceiptLedger.Due(ANA, 105), new ReceiptLedger.Due(BOB, 7));

        ledger.holdBack(ANA); // another node has stored a message of second 103
        assertThat(ledger.settled()).isZero();
        ledger.learned(4, ANA, 103);
        assertThat(ledger.confirmed(3)).containsExactly(new ReceiptLedger.Due(ANA, 100));
        assertThat(ledger.settled()).isEqualTo(1);
        assertThat(ledger.confirmed(4)).containsExactly(new ReceiptLedger.Due(ANA, 105));
        assertThat(ledger.settled()).isEqualTo(4);
    }

    @Test
    void whatIsHeldForOneOriginatorDoesNotHoldAnother() {
        ledger.appended(ANA, 100);
        ledger.appended(BOB, 100);
        ledger.appended(ANA, 50);

        assertThat(ledger.confirmed(2)).containsExactly(new ReceiptLedger.Due(BOB, 100));
        assertThat(ledger.settled()).isZero();
    }

    @Test
    void entriesThatAreNoMessagesCountAsPositionsOnly() {
        ledger.appendedOther();
        ledger.appended(ANA, 100);
        ledger.appendedOther();

        assertThat(ledger.confirmed(1)).isEmpty();
        assertThat(ledger.confirmed(3)).containsExactly(new ReceiptLedger.Due(ANA, 100));
        assertThat(ledger.settled()).isEqualTo(3);
    }

    @Test
    void namesEveryOriginatorThatAConfirmationMayOweSomething() {
        ledger.appended(ANA, 100);
        ledger.appended(ANA, 90);
        ledger.appended(BOB, 5);
        ledger.confirmed(1);
        var named = new TreeSet<Long>();

        ledger.originatorsUpTo(2, named::add);

        assertThat(named).containsExactly(ANA);
        ledger.originatorsUpTo(3, named::add);
        assertThat(named).containsExactly(ANA, BOB);
    }

    @Test
    void everyReceiptIsTrueEveryMessageIsCoveredAndNothingIsHeldWithoutAnObstacle() {
        for (long seed = 0; seed < 3_000; seed++) {
            new Story(seed).play();
        }
    }

    /** A random life of one mailbox, compared with a plain list of its messages. */
    private static final class Story {

        private record Message(long position, long originator, long sentAt) {}

        private final long seed;
        private final RandomGenerator random;
        private final List<Message> messages = new ArrayList<>();
        private final TreeSet<Long> uncovered = new TreeSet<>();
        private ReceiptLedger ledger = new ReceiptLedger(0);
        private long tail;
        private long given;

        Story(long seed) {
            this.seed = seed;
            this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        }

        void play() {
            int seconds = 1 + random.nextInt(6);
            for (int step = 0; step < 60; step++) {
                switch (random.nextInt(5)) {
                    case 0 -> append(null, 0);
                    case 1, 2 -> append(random.nextBoolean() ? ANA : BOB, 100 + random.nextInt(seconds));
                    case 3 -> confirm(given + random.nextLong(tail - given + 1));
                    default -> forgetAndReadAgain();
                }
            }
            confirm(tail);
            assertThat(uncovered).as("seed %d: uncovered at the end", seed).isEmpty();
            assertThat(ledger.settled()).as("seed %d", seed).isEqualTo(tail);
        }

        private void append(Long originator, long sentAt) {
            tail++;
            if (originator == null) {
                ledger.appendedOther();
                return;
            }
            ledger.appended(originator, sentAt);
            messages.add(new Message(tail, originator, sentAt));
        }

        private void confirm(long upTo) {
            var named = new TreeSet<Long>();
            ledger.originatorsUpTo(upTo, named::add);
            List<ReceiptLedger.Due> due = ledger.confirmed(upTo);
            messages.stream()
                    .filter(message -> message.position > given && message.position <= upTo)
                    .forEach(message -> uncovered.add(message.position));
            given = upTo;
            for (ReceiptLedger.Due receipt : due) {
                assertThat(named).as("seed %d: %s was announced", seed, receipt).contains(receipt.originator());
                assertThat(obstacles(receipt.originator(), receipt.upTo()))
                        .as("seed %d: %s is true", seed, receipt)
                        .isEmpty();
                messages.stream()
                        .filter(message -> message.originator == receipt.originator()
                                && message.sentAt <= receipt.upTo()
                                && message.position <= given)
                        .forEach(message -> uncovered.remove(message.position));
            }
            for (Message message : messages) {
                if (uncovered.contains(message.position)) {
                    assertThat(obstacles(message.originator, message.sentAt))
                            .as("seed %d: %s is held for a reason", seed, message)
                            .isNotEmpty();
                }
            }
            long firstUncovered = uncovered.isEmpty() ? Long.MAX_VALUE : uncovered.first();
            assertThat(ledger.settled())
                    .as("seed %d: nothing uncovered may be forgotten", seed)
                    .isLessThan(firstUncovered);
        }

        private List<Message> obstacles(long originator, long upTo) {
            return messages.stream()
                    .filter(message ->
                            message.originator == originator && message.sentAt <= upTo && message.position > given)
                    .toList();
        }

        private void forgetAndReadAgain() {
            long settled = ledger.settled();
            ledger = new ReceiptLedger(given, tail);
            messages.stream()
                    .filter(message -> message.position > settled)
                    .forEach(message -> ledger.loaded(message.position, message.originator, message.sentAt));
        }
    }
}
