package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;

class WriteQueueTest {

    /** A duration that exceeds every test's. */
    private static final Duration LONG = Duration.ofMinutes(10);

    private static final Duration AT_ONCE = Duration.ZERO;

    private final ConfirmWrite first = new ConfirmWrite(new ClientId(1000000000017L), 0);
    private final ConfirmWrite second = new ConfirmWrite(new ClientId(1739250018846L), 0);

    @Test
    void writesComeAsTheyWerePutAndNoMoreThanAskedFor() throws InterruptedException {
        var queue = new WriteQueue(10, LONG);
        var writes = List.of(new Something(false), new Something(false), new Something(false));
        for (Write write : writes) {
            queue.put(write);
        }

        assertThat(taken(queue, 2)).containsExactly(writes.get(0), writes.get(1));
        assertThat(taken(queue, 2)).containsExactly(writes.get(2));
        assertThat(taken(queue, 2)).isEmpty();
    }

    @Test
    void aConfirmationWaitsForMoreOfItsSession() throws InterruptedException {
        var queue = new WriteQueue(10, LONG);
        var write = new Something(false);
        queue.confirm(first);
        queue.put(write);

        assertThat(taken(queue, 10)).containsExactly(write);
        assertThat(taken(queue, 10)).isEmpty();
        assertThat(queue.size()).isOne();
    }

    @Test
    void oneThatHasWaitedGoesBeforeEverythingElse() throws InterruptedException {
        var queue = new WriteQueue(10, AT_ONCE);
        var write = new Something(false);
        queue.put(write);
        queue.confirm(first);

        assertThat(taken(queue, 10)).containsExactly(first, write);
    }

    @Test
    void aBatchThatIsForConfirmationsTakesAllOfThem() throws InterruptedException {
        var queue = new WriteQueue(10, Duration.ofMillis(200));
        queue.confirm(first);
        queue.confirm(second);

        var batch = new ArrayList<Write>();
        queue.take(batch, 10, LONG);

        assertThat(batch).containsExactly(first, second);
    }

    @Test
    void whatFollowsConfirmationsNeverPassesOne() throws InterruptedException {
        var queue = new WriteQueue(10, LONG);
        var before = new Something(false);
        var follower = new Something(true);
        queue.confirm(first);
        queue.confirm(second);
        queue.put(before);
        queue.put(follower);

        assertThat(taken(queue, 1)).containsExactly(before);
        assertThat(taken(queue, 1)).containsExactly(first);
        assertThat(taken(queue, 2)).containsExactly(second, follower);
    }

    @Test
    void confirmationsCanBeTakenByThemselves() throws InterruptedException {
        var queue = new WriteQueue(10, LONG);
        var write = new Something(false);
        queue.confirm(first);
        queue.put(write);

        assertThat(queue.takeConfirmations()).containsExactly(first);
        assertThat(queue.takeConfirmations()).isEmpty();
        assertThat(taken(queue, 10)).containsExactly(write);
    }

    /** A mark says nothing of what its reader confirms after it, and everything of what it has confirmed before. */
    @Test
    void aConfirmationDoesNotPassTheReadMarkBeforeIt() throws InterruptedException {
        var queue = new WriteQueue(10, AT_ONCE);
        var before = new Something(false);
        var mark = new Mark(first.client());
        var secondMark = new Mark(first.client());
        confirm(queue, first, 5);
        queue.put(before);
        queue.put(mark);
        confirm(queue, first, 9);
        confirm(queue, second, 3);
        queue.put(secondMark);
        confirm(queue, first, 12);

        assertThat(taken(queue, 3)).containsExactly(first, second, before);
        assertThat(first.taken()).isEqualTo(5);
        assertThat(queue.takeConfirmations()).isEmpty();
        assertThat(taken(queue, 1)).containsExactly(mark);
        assertThat(taken(queue, 1)).containsExactly(first);
        assertThat(first.taken()).isEqualTo(9);
        assertThat(taken(queue, 10)).containsExactly(secondMark, first);
        assertThat(first.taken()).isEqualTo(12);
        assertThat(queue.size()).isZero();
    }

    @Test
    void aConfirmationThatHasLeftMayComeAgain() throws InterruptedException {
        var queue = new WriteQueue(10, AT_ONCE);
        queue.put(new Mark(first.client()));
        confirm(queue, first, 5);
        taken(queue, 10);
        confirm(queue, first, 6);

        assertThat(queue.takeConfirmations()).containsExactly(first);
        assertThat(first.taken()).isEqualTo(6);
    }

    private static void confirm(WriteQueue queue, ConfirmWrite confirmation, long position) {
        if (confirmation.raise(position, HistoryDigest.EMPTY)) {
            queue.confirm(confirmation);
        }
    }

    @Test
    void whoeverStopsDoesNotWait() throws InterruptedException {
        var queue = new WriteQueue(10, LONG);
        queue.confirm(first);
        queue.setDraining(true);

        assertThat(taken(queue, 10)).containsExactly(first);

        queue.setDraining(false);
        queue.confirm(first);

        assertThat(taken(queue, 10)).isEmpty();
    }

    @Test
    void aFullQueueMakesWritersWaitAndNotConfirmations() throws Exception {
        var queue = new WriteQueue(1, LONG);
        var write = new Something(false);
        var late = new Something(false);
        queue.put(write);

        assertThat(queue.offer(late, AT_ONCE)).isFalse();
        queue.confirm(first);
        var waiting = CompletableFuture.runAsync(() -> put(queue, late));
        assertThat(taken(queue, 10)).containsExactly(write);
        waiting.join();

        assertThat(taken(queue, 10)).containsExactly(late);
    }

    @Test
    void somethingThatComesEndsTheWait() {
        var queue = new WriteQueue(10, LONG);
        var write = new Something(false);
        var batch = new ArrayList<Write>();
        var taking = CompletableFuture.runAsync(() -> {
            try {
                queue.take(batch, 10, LONG);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        put(queue, write);
        taking.join();

        assertThat(batch).containsExactly(write);
    }

    private static List<Write> taken(WriteQueue queue, int most) throws InterruptedException {
        var batch = new ArrayList<Write>();
        queue.take(batch, most, AT_ONCE);
        return batch;
    }

    private static void put(WriteQueue queue, Write write) {
        try {
            queue.put(write);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A write without an effect. Two of them are never equal. */
    private static class Something implements Write {

        private final boolean followsConfirmations;

        Something(boolean followsConfirmations) {
            this.followsConfirmations = followsConfirmations;
        }

        @Override
        public boolean followsConfirmations() {
            return followsConfirmations;
        }

        @Override
        public void touch(LongConsumer clients) {
            // It concerns no client.
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            // No session waits for it.
        }
    }

    /** A read mark of a client. */
    private static final class Mark extends Something {

        private final ClientId reader;

        Mark(ClientId reader) {
            super(true);
            this.reader = reader;
        }

        @Override
        public ClientId precedesConfirmationsOf() {
            return reader;
        }
    }
}
