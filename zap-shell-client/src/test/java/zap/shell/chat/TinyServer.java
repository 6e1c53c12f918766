package zap.shell.chat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.StreamId;

/**
 * The part of a server that decides how histories go on (protocol section 3). It keeps everything in memory, and can be
 * restored from a copy.
 */
final class TinyServer {

    private static final class Stream {
        long accepted;
        HistoryDigest digest = HistoryDigest.EMPTY;
        long at;
        final TreeMap<Long, Reason> refusals = new TreeMap<>();

        Stream copy() {
            var copy = new Stream();
            copy.accepted = accepted;
            copy.digest = digest;
            copy.at = at;
            copy.refusals.putAll(refusals);
            return copy;
        }
    }

    private static final class Mailbox {
        final List<Frame.ForMailbox> log = new ArrayList<>();
        final List<HistoryDigest> digests = new ArrayList<>(List.of(HistoryDigest.EMPTY));
        final Map<StreamId, Stream> streams = new HashMap<>();
        int given;

        void add(Frame.ForMailbox entry) {
            log.add(entry);
            digests.add(digests.getLast().after(entry));
        }

        Mailbox copy() {
            var copy = new Mailbox();
            copy.log.addAll(log);
            copy.digests.clear();
            copy.digests.addAll(digests);
            streams.forEach((id, stream) -> copy.streams.put(id, stream.copy()));
            copy.given = given;
            return copy;
        }
    }

    private final Map<ClientId, Mailbox> mailboxes = new HashMap<>();
    private final Map<GroupId, List<ClientId>> groups = new HashMap<>();
    private final Set<Address> full = new HashSet<>();
    private long nextGroup = 2_000_000_000_001L;

    /** The state of one session of a client. */
    final class Link {
        private final ClientId client;
        private final Stream stream;
        private int sent;
        private int pings;

        private Link(ClientId client, Stream stream) {
            this.client = client;
            this.stream = stream;
            this.sent = box(client).given;
        }

        /** Handles frames, and returns the answers without mail. */
        List<Frame> take(List<Frame> frames) {
            var answers = new ArrayList<Frame>();
            for (Frame frame : frames) {
                switch (frame) {
                    case Frame.Received(Position upTo) -> given(client, (int) upTo.value());
                    case Frame.Ping() -> pings++;
                    case Frame.FromClient numbered -> accept(numbered, answers);
                    case Frame.FromServer other -> throw new AssertionError(other);
                }
            }
            return answers;
        }

        private void accept(Frame.FromClient frame, List<Frame> answers) {
            stream.accepted++;
            stream.digest = stream.digest.after(frame);
            @Nullable Reason refusal = frame instanceof Frame.Read mark ? read(client, mark) : apply(frame);
            if (refusal != null) {
                stream.refusals.put(stream.accepted, refusal);
                answers.add(new Frame.Refused(stream.accepted, refusal));
            }
            stream.at = box(client).log.size();
            answers.add(new Frame.Accepted(stream.accepted, new Position(stream.at)));
        }

        /** Returns the mail that it has not sent yet in this session, and behind it the answers to pings. */
        List<Frame> mail() {
            List<Frame> mail = new ArrayList<>(
                    box(client).log.subList(sent, box(client).log.size()));
            sent += mail.size();
            for (; pings > 0; pings--) {
                mail.add(new Frame.Ping());
            }
            return mail;
        }
    }

    TinyServer copy() {
        var copy = new TinyServer();
        mailboxes.forEach((id, box) -> copy.mailboxes.put(id, box.copy()));
        copy.groups.putAll(groups);
        // An id is never given again, whatever is restored.
        copy.nextGroup = nextGroup + 1000;
        return copy;
    }

    void knows(ClientId id) {
        mailboxes.putIfAbsent(id, new Mailbox());
    }

    void isFull(ClientId id, boolean is) {
        if (is) {
            full.add(id.asAddress());
        } else {
            full.remove(id.asAddress());
        }
    }

    /** Sends on another stream of this client, as another store of its identity would. */
    void sendsElsewhere(ClientId id, Frame.FromClient frame) {
        var stream = new Stream();
        box(id).streams.put(new StreamId(box(id).streams.size() + 1), stream);
        new Link(id, stream).take(List.of(frame));
    }

    private Mailbox box(ClientId id) {
        return Objects.requireNonNull(mailboxes.get(id));
    }

    List<Frame.ForMailbox> log(ClientId id) {
        return box(id).log;
    }

    /** Returns the 34 that answers a 33. */
    Frame.Resumed resumed(Frame.Resume claim) {
        Mailbox box = box(claim.id());
        int position = (int) Math.min(claim.position().value(), Integer.MAX_VALUE);
        if (position <= box.log.size()
                && position >= box.given
                && box.digests.get(position).equals(claim.digest())) {
            given(claim.id(), position);
        }
        Stream stream = box.streams.computeIfAbsent(claim.stream(), id -> new Stream());
        return new Frame.Resumed(
                stream.accepted,
                stream.digest,
                new Position(stream.at),
                new Position(box.given),
                box.digests.get(box.given));
    }

    /** Begins the session after that 34. {@link #afterResumed} returns its first frames. */
    Link link(Frame.Resume claim) {
        return new Link(
                claim.id(), Objects.requireNonNull(box(claim.id()).streams.get(claim.stream())));
    }

    List<Frame> afterResumed(Frame.Resume claim) {
        Stream stream = Objects.requireNonNull(box(claim.id()).streams.get(claim.stream()));
        var frames = new ArrayList<Frame>();
        stream.refusals
                .tailMap(claim.accepted(), false)
                .forEach((ordinal, reason) -> frames.add(new Frame.Refused(ordinal, reason)));
        frames.add(new Frame.Accepted(stream.accepted, new Position(stream.at)));
        return frames;
    }

    private @Nullable Reason apply(Frame.FromClient frame) {
        return switch (frame) {
            case Frame.Send send ->
                deliver(send.src(), send.dst(), new Frame.Deliver(send.src(), send.dst(), send.sentAt(), send.body()));
            case Frame.Message message -> deliver(message.src(), message.dst(), message);
            case Frame.CreateGroup(ClientId creator, PosixTime sentAt, List<ClientId> others) -> {
                var members = new LinkedHashSet<>(List.of(creator));
                members.addAll(others);
                if (!mailboxes.keySet().containsAll(members)) {
                    yield Reason.BAD_GROUP;
                }
                var id = new GroupId(nextGroup++);
                groups.put(id, List.copyOf(members));
                members.forEach(member -> box(member).add(new Frame.GroupCreated(id, sentAt, List.copyOf(members))));
                yield null;
            }
            default -> throw new AssertionError(frame);
        };
    }

    private @Nullable Reason deliver(ClientId src, Address dst, Frame.ForMailbox mail) {
        List<ClientId> recipients = groups.containsKey(dst.asGroup())
                ? Objects.requireNonNull(groups.get(dst.asGroup())).stream()
                        .filter(one -> !one.equals(src))
                        .toList()
                : List.of(new ClientId(dst.value()));
        if (full.contains(dst)) {
            return Reason.MAILBOX_FULL;
        }
        if (!mailboxes.keySet().containsAll(recipients)) {
            return Reason.UNKNOWN_CLIENT;
        }
        recipients.forEach(one -> box(one).add(mail));
        return null;
    }

    private static ClientId authorOf(Frame.ForMailbox mail) {
        return switch (mail) {
            case Frame.Deliver deliver -> deliver.src();
            case Frame.Message message -> message.src();
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> new ClientId(0);
        };
    }

    private static long secondOf(Frame.ForMailbox mail) {
        return switch (mail) {
            case Frame.Deliver deliver -> deliver.sentAt().seconds();
            case Frame.Message message -> message.sentAt().seconds();
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> 0;
        };
    }

    private void given(ClientId id, int upTo) {
        Mailbox box = box(id);
        Set<ClientId> authors = new HashSet<>();
        box.log.subList(Math.min(box.given, upTo), upTo).forEach(entry -> authors.add(authorOf(entry)));
        authors.remove(new ClientId(0));
        box.given = Math.max(box.given, upTo);
        for (ClientId author : authors) {
            long waits = oldestWaiting(box, author);
            box.log.subList(0, box.given).stream()
                    .filter(entry -> authorOf(entry).equals(author) && secondOf(entry) < waits)
                    .mapToLong(TinyServer::secondOf)
                    .max()
                    .ifPresent(second -> box(author).add(new Frame.Delivered(id, new PosixTime(second))));
        }
    }

    private static long oldestWaiting(Mailbox box, ClientId author) {
        return box.log.subList(box.given, box.log.size()).stream()
                .filter(entry -> authorOf(entry).equals(author))
                .mapToLong(TinyServer::secondOf)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Handles an 08 of this reader. */
    private @Nullable Reason read(ClientId reader, Frame.Read mark) {
        long covered = Math.min(mark.upTo().seconds(), oldestWaiting(box(reader), mark.src()) - 1);
        box(mark.src()).add(new Frame.ReadReceipt(reader, new PosixTime(covered)));
        return null;
    }
}
