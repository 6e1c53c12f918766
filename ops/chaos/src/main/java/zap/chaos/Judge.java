package zap.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Way;

/**
 * Knows what must be true of one run, and looks at every participant's disk for it.
 *
 * <p>{@link #look} may be called at any moment, also while everything breaks: what a sender is told must be true when it is told. {@link
 * #verdict} is for the end.
 */
final class Judge {

    private final World world;
    private final Map<ParticipantProcess, Share> shares = new HashMap<>();
    private final Map<String, Integer> rank = new HashMap<>(); // the most that a sender was ever told of a text
    private final Set<String> faults = new LinkedHashSet<>();

    /**
     * What one participant has to do with this run.
     *
     * @param begin its newest message before it
     * @param told the texts of which its user was told that they are on their way
     */
    private record Share(long begin, List<String> told) {}

    /** For a run that begins now, when everything is quiet. */
    Judge(World world) {
        this.world = world;
        for (ParticipantProcess participant : world.participants()) {
            shares.put(participant, new Share(participant.newest(), new ArrayList<>()));
        }
    }

    /** A participant's user was told that this text is on its way. */
    void wasTold(ParticipantProcess sender, String text) {
        share(sender).told().add(text);
    }

    private Share share(ParticipantProcess participant) {
        return Objects.requireNonNull(shares.get(participant));
    }

    private List<Message> messages(ParticipantProcess participant) {
        return participant.messagesAfter(share(participant).begin());
    }

    private List<Message> outgoing(ParticipantProcess participant) {
        return messages(participant).stream().filter(Message::outgoing).toList();
    }

    /** Who must get a message of this sender to this address; nobody, where nobody has that number. */
    private List<ParticipantProcess> recipients(ParticipantProcess sender, Address to) {
        return world.participants().stream()
                .filter(one -> to.equals(world.group())
                        ? one != sender
                        : to.equals(one.id().asAddress()))
                .toList();
    }

    /** Looks whether all that the senders see at this moment is true, and whether anything was taken back. */
    void look() {
        for (ParticipantProcess sender : world.participants()) {
            // First what is claimed, then whether it is so: a truth that came in between does no harm.
            List<Message> claims = outgoing(sender);
            Map<ParticipantProcess, Map<String, Boolean>> seen = new HashMap<>();
            world.participants().forEach(one -> seen.put(one, incomingFrom(sender.id(), one)));
            for (Message claim : claims) {
                check(sender, claim, seen);
            }
        }
    }

    /** The texts from this author on that participant's disk, and whether they have been read there. */
    private Map<String, Boolean> incomingFrom(ClientId author, ParticipantProcess participant) {
        var texts = new HashMap<String, Boolean>();
        for (Message message : messages(participant)) {
            if (message.author().equals(author) && (!message.outgoing() || author.equals(participant.id()))) {
                // A note to oneself is not kept twice: it is there as soon as it is written.
                texts.merge(message.text(), message.outgoing() || message.seen(), Boolean::logicalOr);
            }
        }
        return texts;
    }

    private void check(ParticipantProcess sender, Message claim, Map<ParticipantProcess, Map<String, Boolean>> seen) {
        int now = rankOf(claim);
        int before = rank.merge(claim.text(), now, Math::max);
        if (before > now) {
            fault(sender, claim, "was " + before + " and is " + now + " now: something that was told was taken back");
        }
        if (claim.way() == Way.UNSURE) {
            fault(sender, claim, "is in doubt, which an assured session never is");
        }
        List<ParticipantProcess> recipients = recipients(sender, claim.chat());
        if (claim.delivered() < claim.recipients() || claim.recipients() == 0) {
            return;
        }
        if (recipients.isEmpty()) {
            fault(sender, claim, "is for nobody and is delivered");
        }
        for (ParticipantProcess recipient : recipients) {
            Boolean read = seen.getOrDefault(recipient, Map.of()).get(claim.text());
            if (read == null) {
                fault(sender, claim, "is delivered, and " + recipient.name() + " does not have it");
            } else if (claim.read() >= claim.recipients() && !read && recipient != sender) {
                fault(sender, claim, "is read, and " + recipient.name() + " has not read it");
            }
        }
    }

    private static int rankOf(Message message) {
        int way = switch (message.way()) {
            case WAITING -> 0;
            case HANDED, UNSURE -> 1;
            case AT_SERVER, REFUSED -> 2;
        };
        return message.recipients() == 0 || message.delivered() < message.recipients()
                ? way
                : message.read() < message.recipients() ? 3 : 4;
    }

    private void fault(ParticipantProcess sender, Message message, String what) {
        faults.add(sender.name() + "'s #" + message.number() + " \"" + shortened(message.text()) + "\" to "
                + message.chat() + " " + what);
    }

    private static String shortened(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }

    /** Whether nothing wrong has been seen so far. */
    boolean isContent() {
        return faults.isEmpty();
    }

    /** Whether everything that was sent has come to its end. */
    boolean isSettled() {
        return world.participants().stream()
                .allMatch(sender -> outgoing(sender).stream()
                        .allMatch(message -> recipients(sender, message.chat()).isEmpty()
                                ? message.way() == Way.REFUSED || message.way() == Way.AT_SERVER
                                : rankOf(message) >= 3));
    }

    /**
     * What the run did.
     *
     * @param sent how many messages were written
     * @param arrived how many arrivals there were; a group message arrives more than once
     * @param refused how many were refused, and known to their senders to be
     * @param faults what was not as it must be
     */
    record Verdict(int sent, int arrived, int refused, List<String> faults) {}

    /** Judges the run, after it has settled or has not. */
    Verdict verdict() {
        look();
        int sent = 0;
        int refused = 0;
        int arrived = 0;
        for (ParticipantProcess sender : world.participants()) {
            List<Message> outgoing = outgoing(sender);
            sent += outgoing.size();
            refused +=
                    (int) outgoing.stream().filter(m -> m.way() == Way.REFUSED).count();
            checkThatNothingWasForgotten(sender, outgoing);
            for (Message message : outgoing) {
                if (recipients(sender, message.chat()).isEmpty()) {
                    continue;
                }
                if (message.way() != Way.AT_SERVER) {
                    fault(sender, message, "is " + message.way() + " at the end");
                } else if (rankOf(message) < 3) {
                    fault(sender, message, "is not known to be delivered at the end");
                }
            }
            for (ParticipantProcess recipient : world.participants()) {
                if (recipient != sender) {
                    arrived += checkArrivals(sender, outgoing, recipient);
                }
            }
        }
        return new Verdict(sent, arrived, refused, List.copyOf(faults));
    }

    private void checkThatNothingWasForgotten(ParticipantProcess sender, List<Message> outgoing) {
        var there = new HashMap<String, Integer>();
        outgoing.forEach(message -> there.merge(message.text(), 1, Integer::sum));
        for (String text : share(sender).told()) {
            if (there.getOrDefault(text, 0) != 1) {
                faults.add(sender.name() + " was told that \"" + shortened(text) + "\" is on its way, and it is there "
                        + there.getOrDefault(text, 0) + " times");
            }
        }
    }

    /** Each once, in the order in which they were sent, and nothing else. */
    private int checkArrivals(ParticipantProcess sender, List<Message> outgoing, ParticipantProcess recipient) {
        List<String> expected = outgoing.stream()
                .filter(message -> message.way() != Way.REFUSED)
                .filter(message -> recipients(sender, message.chat()).contains(recipient))
                .map(Message::text)
                .toList();
        List<String> came = messages(recipient).stream()
                .filter(message -> !message.outgoing() && message.author().equals(sender.id()))
                .map(Message::text)
                .toList();
        if (!came.equals(expected)) {
            var missing = new ArrayList<>(expected);
            came.forEach(missing::remove);
            var tooMuch = new ArrayList<>(came);
            expected.forEach(tooMuch::remove);
            var doubled = new HashSet<>(tooMuch);
            doubled.retainAll(expected);
            faults.add("from " + sender.name() + " to " + recipient.name() + ": " + expected.size() + " expected, "
                    + came.size() + " came, missing " + shortened(missing) + ", doubled " + shortened(doubled)
                    + ", never sent or refused " + shortened(tooMuch)
                    + (missing.isEmpty() && tooMuch.isEmpty() ? ", in another order" : ""));
        }
        return came.size();
    }

    private static List<String> shortened(Iterable<String> texts) {
        var list = new ArrayList<String>();
        texts.forEach(text -> list.add(shortened(text)));
        return list.size() > 5 ? list.subList(0, 5) : list;
    }
}
