package zap.server.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;

/** The decision which session gets a client, with times that the test chooses. */
class ClientSessionsTest {

    private static final ClientId ANA = new ClientId(1_000_000_000_001L);

    private final ClientSessions<Fake> sessions = new ClientSessions<>();

    private static final class Fake implements ClientSessions.Claimant {
        private final long number;
        private final String listener;
        private boolean closed;
        private boolean hungUp;

        Fake(long number) {
            this(number, "main");
        }

        Fake(long number, String listener) {
            this.number = number;
            this.listener = listener;
        }

        @Override
        public String listener() {
            return listener;
        }

        @Override
        public boolean hasHungUp() {
            return hungUp;
        }

        @Override
        public long number() {
            return number;
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public String toString() {
            return "session " + number;
        }
    }

    private final Fake first = new Fake(1);
    private final Fake second = new Fake(2);
    private final Fake third = new Fake(3);

    private @Nullable Fake current() {
        return sessions.of(ANA.value());
    }

    @Test
    void whoSaysItFirstWaitsForNobody() {
        assertThat(sessions.claim(ANA, first, 10)).isEmpty();
        assertThat(sessions.hold(ANA, first, 11)).isTrue();
        assertThat(current()).isSameAs(first);
    }

    @Test
    void whoWasAcceptedLaterReplacesAndWaitsForTheOlderOnes() {
        sessions.claim(ANA, first, 10);
        sessions.hold(ANA, first, 11);
        assertThat(sessions.claim(ANA, second, 5)).containsExactly(first);
        // The first one is still writing when the third one comes: it must wait for both.
        assertThat(sessions.claim(ANA, third, 6)).containsExactly(first, second);
        assertThat(sessions.hold(ANA, second, 20)).isFalse();
        sessions.ended(ANA, first);
        sessions.ended(ANA, second);
        assertThat(sessions.hold(ANA, third, 21)).isTrue();
        assertThat(sessions.countReplaced()).isZero();
    }

    @Test
    void whoWasAcceptedEarlierLosesAgainstOneThatWaitsWhenEverItSaidIt() {
        sessions.claim(ANA, second, 10);
        assertThat(sessions.claim(ANA, first, 9)).isNull();
        assertThat(sessions.claim(ANA, first, 1_000)).isNull();
        assertThat(sessions.hold(ANA, second, 1_001)).isTrue();
    }

    @Test
    void onceASessionHoldsTheClientWhoSaysItAfterwardsWins() {
        sessions.claim(ANA, second, 10);
        sessions.hold(ANA, second, 20);
        assertThat(sessions.claim(ANA, first, 19)).isNull();
        assertThat(sessions.claim(ANA, first, 20)).as("in the same moment").isNull();
        assertThat(current()).isSameAs(second);
        assertThat(sessions.claim(ANA, first, 21)).containsExactly(second);
        assertThat(current()).isSameAs(first);
    }

    /** The clock has any origin, and may pass from the greatest to the least number. */
    @Test
    void timesAreComparedAsNanoTimesAre() {
        sessions.claim(ANA, second, Long.MAX_VALUE - 5);
        sessions.hold(ANA, second, Long.MAX_VALUE);
        assertThat(sessions.claim(ANA, first, Long.MAX_VALUE - 1)).isNull();
        assertThat(sessions.claim(ANA, first, Long.MIN_VALUE)).containsExactly(second);
    }

    @Test
    void whatWasSaidBeforeALaterOneCameDoesNotComeBackWhenAnEarlierOneReplacesThat() {
        sessions.claim(ANA, third, 10);
        sessions.hold(ANA, third, 20);
        sessions.claim(ANA, first, 30);
        sessions.hold(ANA, first, 40);
        assertThat(sessions.claim(ANA, second, 15))
                .as("said before the third one held")
                .isNull();
        assertThat(sessions.claim(ANA, second, 25))
                .as("said after it, accepted after the first")
                .isNotNull();
    }

    /** Two listeners may number in another order what comes within a moment. */
    @Test
    void betweenListenersWhoHasHungUpAlreadyIsNotTheNewest() {
        var gone = new Fake(7, "recv");
        gone.hungUp = true;
        sessions.claim(ANA, first, 11);
        assertThat(sessions.claim(ANA, gone, 10))
                .as("while the first one waits")
                .isNull();
        sessions.hold(ANA, first, 20);
        assertThat(sessions.claim(ANA, gone, 19))
                .as("said before the first one held")
                .isNull();
        assertThat(sessions.claim(ANA, gone, 21)).as("said after it").containsExactly(first);
        assertThat(sessions.claim(ANA, first, 22))
                .as("against one that waits and is gone")
                .isNotNull();
    }

    @Test
    void onOneListenerTheOrderOfAcceptanceIsKnownAndWhoHasHungUpMayBeTheNewest() {
        second.hungUp = true;
        sessions.claim(ANA, second, 10);
        assertThat(sessions.claim(ANA, first, 11)).isNull();
    }

    @Test
    void aClosedSessionClaimsAndHoldsNothing() {
        first.closed = true;
        assertThat(sessions.claim(ANA, first, 10)).isNull();
        sessions.claim(ANA, second, 10);
        second.closed = true;
        assertThat(sessions.hold(ANA, second, 11)).isFalse();
    }

    @Test
    void aClosedSessionKeepsNobodyOut() {
        sessions.claim(ANA, second, 10);
        second.closed = true;
        assertThat(sessions.claim(ANA, first, 5)).containsExactly(second);
    }

    @Test
    void itsSuccessorsWaitForASessionThatHasLeftAndNotEnded() {
        sessions.claim(ANA, first, 10);
        sessions.hold(ANA, first, 11);
        sessions.claim(ANA, second, 12);
        sessions.leave(ANA, second);
        assertThat(current()).isNull();
        assertThat(sessions.claim(ANA, third, 13)).containsExactly(first);
        sessions.leave(ANA, first);
        assertThat(current()).isSameAs(third);
    }

    @Test
    void whatASuccessorSubmitsComesLaterAndWhoHasLostSubmitsNothing() throws Exception {
        var submitted = new ArrayList<String>();
        sessions.claim(ANA, first, 10);
        var isSubmitting = new CountDownLatch(1);
        var mayGoOn = new CountDownLatch(1);
        Thread older = Thread.ofPlatform().start(() -> {
            try {
                sessions.inTurn(ANA, first, () -> {
                    isSubmitting.countDown();
                    mayGoOn.await();
                    submitted.add("first");
                });
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        isSubmitting.await();
        assertThat(sessions.claim(ANA, second, 11)).containsExactly(first);
        Thread newer = Thread.ofPlatform().start(() -> {
            try {
                sessions.inTurn(ANA, second, () -> submitted.add("second"));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        while (newer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        mayGoOn.countDown();
        older.join();
        newer.join();
        assertThat(submitted).containsExactly("first", "second");
        assertThat(sessions.inTurn(ANA, first, () -> submitted.add("never"))).isFalse();
        assertThat(submitted).hasSize(2);
    }

    /** All have said it before any was served; their threads come in any order, and at the same time. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void inWhateverOrderThreadsComeTheOneAcceptedLastHoldsTheClient(long seed) throws Exception {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var all = new ArrayList<Fake>();
        for (int i = 0; i < 100; i++) {
            all.add(new Fake(i));
        }
        List<Fake> held = new ArrayList<>();
        Fake newest = all.getLast();
        var shuffled = new ArrayList<>(all);
        java.util.Collections.shuffle(shuffled, random);
        long now = System.nanoTime();
        var threads = new ArrayList<Thread>();
        for (Fake one : shuffled) {
            threads.add(Thread.ofVirtual().start(() -> {
                if (sessions.claim(ANA, one, now) != null && sessions.hold(ANA, one, System.nanoTime())) {
                    synchronized (held) {
                        held.add(one);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(held.getLast()).as("seed %d", seed).isSameAs(newest);
        assertThat(current()).isSameAs(newest);
        all.forEach(one -> sessions.ended(ANA, one));
        assertThat(sessions.count()).isZero();
        assertThat(sessions.countReplaced()).isZero();
    }
}
