package zap.chaos;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;

/** A store that says what a test wants. */
final class FakeStore implements StoreView {

    private final String name;
    private final ClientId id;
    private final List<Message> messages = new ArrayList<>();
    private final List<HistoryEvent> said = new ArrayList<>();
    private long position;

    FakeStore(String name, ClientId id) {
        this.name = name;
        this.id = id;
    }

    /** It writes, or what is known of what it wrote is this now. */
    FakeStore wrote(Address to, String text, DeliveryState state, int delivered, int read) {
        return wrote(to, text, state, 1, delivered, read);
    }

    FakeStore wrote(Address to, String text, DeliveryState state, int recipients, int delivered, int read) {
        @Nullable Reason reason = state == DeliveryState.REFUSED ? Reason.UNKNOWN_CLIENT : null;
        put(new Message(
                number(text),
                to,
                id,
                true,
                new PosixTime(1),
                Instant.EPOCH,
                text,
                state,
                recipients,
                delivered,
                read,
                true,
                reason));
        return this;
    }

    FakeStore got(ClientId from, String text, boolean seen) {
        put(new Message(
                number(text),
                from.asAddress(),
                from,
                false,
                new PosixTime(1),
                Instant.EPOCH,
                text,
                DeliveryState.AT_SERVER,
                0,
                0,
                0,
                seen,
                null));
        return this;
    }

    /** Adds the same message once more. */
    void gotAgain(ClientId from, String text) {
        Message first = messages.get((int) number(text) - 1);
        messages.add(new Message(
                messages.size() + 1L,
                from.asAddress(),
                from,
                false,
                first.sentAt(),
                Instant.EPOCH,
                text,
                DeliveryState.AT_SERVER,
                0,
                0,
                0,
                false,
                null));
    }

    private long number(String text) {
        return messages.stream()
                .filter(one -> one.text().equals(text))
                .map(Message::number)
                .findFirst()
                .orElse(messages.size() + 1L);
    }

    private void put(Message message) {
        int place = (int) message.number() - 1;
        if (place < messages.size()) {
            messages.set(place, message);
        } else {
            messages.add(message);
        }
    }

    void says(Kind kind) {
        said.add(new HistoryEvent(said.size() + 1L, kind, 1, Instant.EPOCH, messages.size()));
    }

    void isAt(long newPosition) {
        position = newPosition;
    }

    /** Another folder takes its place, with nothing in it. */
    void forgetAll() {
        messages.clear();
        said.clear();
        position = 0;
    }

    /** Takes over all that another store has. */
    FakeStore copyOf(FakeStore other) {
        messages.addAll(other.messages);
        said.addAll(other.said);
        position = other.position;
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ClientId id() {
        return id;
    }

    @Override
    public List<Message> messagesAfter(long number) {
        return messages.stream().filter(one -> one.number() > number).toList();
    }

    @Override
    public long newest() {
        return messages.size();
    }

    @Override
    public List<HistoryEvent> saidAfter(long newest) {
        return said.stream().filter(one -> one.id() > newest).toList();
    }

    @Override
    public long newestSaid() {
        return said.size();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public List<String> doubled() {
        return messages.stream()
                .map(Message::text)
                .filter(text ->
                        messages.stream().filter(one -> one.text().equals(text)).count() > 1)
                .distinct()
                .toList();
    }
}
