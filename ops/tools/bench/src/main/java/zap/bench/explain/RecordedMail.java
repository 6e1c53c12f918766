package zap.bench.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The messages that the server has written to their recipients, as its recording has them. */
final class RecordedMail {

    /**
     * A message that was written.
     *
     * @param received the time at which it was read from its sender's socket
     * @param begun the time at which the outbox had it in hand
     * @param written the time at which the write to the socket had returned
     */
    record Mail(long received, long begun, long written) {}

    private final Map<Long, List<Mail>> byRecipient = new HashMap<>();

    void add(long recipient, Mail mail) {
        byRecipient.computeIfAbsent(recipient, _ -> new ArrayList<>()).add(mail);
    }

    /** Puts all of them in order. To be called once, after the last one was added. */
    void sort() {
        byRecipient.values().forEach(mail -> mail.sort(Comparator.comparingLong(Mail::received)));
    }

    /**
     * Returns the record of a message: of those to its recipient, which come from one sender and in order, the first
     * one that was read by the server after this one was sent.
     *
     * @return null if none fits
     */
    @Nullable
    Mail of(LateMessage message) {
        List<Mail> mail = byRecipient.getOrDefault(message.recipient(), List.of());
        int low = 0;
        int high = mail.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (mail.get(middle).received() >= message.sent()) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low < mail.size() && mail.get(low).begun() <= message.arrived() ? mail.get(low) : null;
    }
}
