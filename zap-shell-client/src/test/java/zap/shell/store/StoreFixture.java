package zap.shell.store;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.People.Group;

/** A store in an empty folder, with the types that tests of the store use together. */
final class StoreFixture implements AutoCloseable {

    static final ClientId ME = ClientId.parse("1000000000001");
    static final ClientId ANA = ClientId.parse("1000000000002");
    static final ClientId BOB = ClientId.parse("1000000000003");
    static final GroupId TRIP = GroupId.parse("2000000000001");
    static final Instant NOW = Instant.parse("2027-01-31T12:00:00Z");
    static final long SESSION = 1;

    final ProfileDatabase database;
    final Messages messages;
    final OutgoingMessages outgoing;
    final IncomingMessages incoming;
    final PendingGroups pendingGroups;
    final Receipts receipts;
    final ReadMarks readMarks;

    private long mark;

    StoreFixture(Path folder) {
        database = ProfileDatabase.open(folder.resolve("zap.db"));
        messages = new Messages(database);
        outgoing = new OutgoingMessages(database);
        incoming = new IncomingMessages(database);
        pendingGroups = new PendingGroups(database);
        receipts = new Receipts(database);
        readMarks = new ReadMarks(database);
    }

    /** Adds the group of {@link #ME}, {@link #ANA} and {@link #BOB}. */
    void addTrip() {
        new People(database).add(new Group(TRIP, "trip", PosixTime.of(NOW), List.of(ME, ANA, BOB)));
    }

    /** Writes a message to ana. */
    long write(String text) {
        return outgoing.write(ANA.asAddress(), ME, NOW, text);
    }

    /** Writes a message to ana and hands it to a base session, with a mark of its own. */
    long handed(String text) {
        long number = write(text);
        outgoing.handed(number, ++mark, SESSION, NOW);
        return number;
    }

    /** Writes a message to ana and stores it at the server, at a position of the own mailbox. */
    long accepted(String text, long at) {
        long number = write(text);
        outgoing.numbered(number, ++mark, SESSION, NOW);
        outgoing.accepted(number, new Position(at), NOW);
        return number;
    }

    /** Returns the last mark that {@link #handed} has set. */
    long lastMark() {
        return mark;
    }

    Messages.Message find(long number) {
        return messages.find(number).orElseThrow();
    }

    @Override
    public void close() {
        database.close();
    }
}
