package zap.server.gateway.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AcknowledgementWatchTest {

    private static final long SECONDS = 20;

    private final AcknowledgementWatch watch = new AcknowledgementWatch();

    @AfterEach
    void close() {
        watch.close();
    }

    @Test
    void everybodyAsksOnceAndNobodyMuchTooEarly() throws Exception {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        int askers = 5_000;
        var all = new CountDownLatch(askers);
        var twice = new AtomicInteger();
        var early = new AtomicInteger();
        for (int i = 0; i < askers; i++) {
            long delay = random.nextLong(AcknowledgementPace.LONGEST_NANOS);
            long due = System.nanoTime() + delay - TimeUnit.MILLISECONDS.toNanos(2);
            var asked = new AtomicInteger();
            watch.add(
                    () -> {
                        if (asked.incrementAndGet() > 1) {
                            twice.incrementAndGet();
                        }
                        if (System.nanoTime() < due) {
                            early.incrementAndGet();
                        }
                        all.countDown();
                    },
                    delay);
        }
        assertThat(all.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(twice).hasValue(0);
        assertThat(early).hasValue(0);
    }

    @Test
    void whoIsDueSoonerDoesNotWaitForWhoCameFirst() throws Exception {
        var order = new ArrayList<String>();
        var both = new CountDownLatch(2);
        watch.add(() -> say(order, "later", both), AcknowledgementPace.LONGEST_NANOS);
        watch.add(() -> say(order, "sooner", both), 0);
        assertThat(both.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(order).containsExactly("sooner", "later");
    }

    private static void say(ArrayList<String> order, String name, CountDownLatch both) {
        order.add(name); // one thread asks for all
        both.countDown();
    }

    @Test
    void whoAsksMayAskToAskAgain() throws Exception {
        var times = new CountDownLatch(100);
        var again = new AcknowledgementWatch.Asker() {
            @Override
            public void ask() {
                times.countDown();
                watch.add(this, 0);
            }
        };
        watch.add(again, 0);
        assertThat(times.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** The wheel is empty in between, and the thread wakes up again. */
    @Test
    void afterAPauseItGoesOn() throws Exception {
        for (int i = 0; i < 20; i++) {
            var asked = new CountDownLatch(1);
            watch.add(asked::countDown, TimeUnit.MILLISECONDS.toNanos(i));
            assertThat(asked.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    /**
     * An asker that the mailbox blocks delays the others. They are called after that: too late, but they are called.
     */
    @Test
    void whoeverIsHeldUpIsNotForgotten() throws Exception {
        var first = new CountDownLatch(1);
        var blocked = new CountDownLatch(1);
        watch.add(
                () -> {
                    first.countDown();
                    blocked.await();
                },
                0);
        assertThat(first.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        int askers = 2_000;
        var all = new CountDownLatch(askers);
        for (int i = 0; i < askers; i++) {
            watch.add(all::countDown, TimeUnit.MILLISECONDS.toNanos(i % 1_000));
        }
        blocked.countDown();
        assertThat(all.await(SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
