package zap.crash;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.server.mailbox.ForgottenCaches;
import zap.server.mailbox.Mailbox;
import zap.server.testing.RunningServer;
import zap.shell.store.Messages.Message;
import zap.shell.store.ProfileSettings;

/**
 * A random schedule of what clients, their stores and the server go through, decided by its seed, and judged: three
 * identities that write to each other and to nobody, connections that are cut, and, where they are allowed, restores of
 * the server, copies of a store, and a store that is put back to an older copy of itself. The real server and the real
 * store take part.
 */
final class Schedule implements AutoCloseable {

    /** The events besides cuts. */
    enum Kind {
        RESTORE,
        COPY,
        ROLLBACK
    }

    private static final Address NOBODY = new Address(1_999_999_999_999L);
    private static final int IDENTITIES = 3;
    private static final int KEYED_ONE_IN = 50;
    /** So many rounds of all stores at the most until nothing changes any more. */
    private static final int ROUNDS = 8;

    private static final long BEGIN = 1_800_000_000L;
    /** So many moves a store gets in a round to come to rest. */
    private static final int MOVES = 3_000;

    private final RunningServer server;
    private final RestorableRows rows;
    private final Connection database;
    private final SplittableRandom random;
    private final Set<Kind> allowed;
    private final Path home;
    private final ProfileSettings.Server address;
    private final DirectTransport.Entrance entrance;
    private final List<ClientId> ids = new ArrayList<>();
    private final List<List<StoreUnderTest>> stores = new ArrayList<>();
    private final List<@Nullable StoreUnderTest> connected = new ArrayList<>();
    private final List<@Nullable StoreUnderTest> backups = new ArrayList<>();
    private final List<StoreUnderTest> opened = new ArrayList<>();
    private final List<Long> snapshots = new ArrayList<>();
    /** The messages that any store of an identity has ever stored. */
    private final Map<ClientId, Set<String>> ever = new HashMap<>();

    private final Set<String> bad = new TreeSet<>();
    private final List<String> trace = new ArrayList<>();
    private final List<String> born = new ArrayList<>();
    private final Set<String> refusedTexts = new HashSet<>();
    private long clock;
    private int restores;
    private int names;
    private boolean disturbed;

    /**
     * @param template a profile without a number, of which its stores are copies
     * @param home the folder for its profiles
     */
    Schedule(
            RunningServer server,
            RestorableRows rows,
            Connection database,
            Path template,
            Path home,
            long seed,
            Set<Kind> allowed)
            throws IOException {
        this.server = server;
        this.rows = rows;
        this.database = database;
        this.home = home;
        this.random = new SplittableRandom(seed);
        this.allowed = allowed;
        this.entrance = DirectTransport.Entrance.of(server);
        this.address = ProfileSettings.Server.parse("127.0.0.1:" + server.port(), false);
        for (int i = 0; i < IDENTITIES; i++) {
            StoreUnderTest.makeFrom(template, home, "s" + names);
            StoreUnderTest store = open("s" + names++);
            ids.add(store.register(seed % KEYED_ONE_IN == 0));
            stores.add(new ArrayList<>(List.of(store)));
            connected.add(null);
            backups.add(null);
            ever.put(ids.get(i), new LinkedHashSet<>());
        }
    }

    private StoreUnderTest open(String name) {
        var store = new StoreUnderTest(home, name, address, entrance, () -> BEGIN + clock / 8, random.split());
        opened.add(store);
        return store;
    }

    /** Does so many steps, lets all come to rest, and returns what was not as it must be. */
    Set<String> run(int steps) throws IOException, SQLException, InterruptedException {
        for (int i = 0; i < steps && bad.isEmpty(); i++) {
            clock++;
            step();
        }
        if (bad.isEmpty()) {
            settle();
            judge();
        }
        return bad;
    }

    List<String> trace() {
        return trace;
    }

    private void log(String what) {
        trace.add(clock + " " + what);
    }

    private void step() throws IOException, SQLException, InterruptedException {
        int who = random.nextInt(IDENTITIES);
        List<StoreUnderTest> its = stores.get(who);
        StoreUnderTest link = connected.get(who);
        if (link != null && !link.isConnected()) {
            connected.set(who, null);
            link = null;
        }
        double act = random.nextDouble();
        if (act < 0.12) {
            write(who, its.get(random.nextInt(its.size())));
        } else if (act < 0.20) {
            connect(who, its.get(random.nextInt(its.size())));
        } else if (act < 0.25) {
            cut(who);
        } else if (act < 0.262 && allowed.contains(Kind.RESTORE)) {
            restore();
        } else if (act < 0.274 && allowed.contains(Kind.COPY)) {
            copy(who);
        } else if (act < 0.28 && allowed.contains(Kind.ROLLBACK)) {
            rollBack(who);
        } else if (link != null) {
            move(who, link);
        }
    }

    private void move(int who, StoreUnderTest link) throws IOException {
        double x = random.nextDouble();
        if (x < .3) {
            link.send();
        } else if (x < .6) {
            if (link.serverReads()) {
                log(link.name() + ": the server reads");
            }
        } else {
            @Nullable Frame frame = link.clientReads();
            if (frame != null) {
                log(link.name() + ": the client reads " + frame.type());
                look(who, link, frame);
            }
        }
    }

    private void write(int who, StoreUnderTest store) {
        boolean toNobody = random.nextInt(10) == 0;
        int other = (who + 1 + random.nextInt(IDENTITIES - 1)) % IDENTITIES;
        String text = "m" + born.size();
        born.add(text);
        if (toNobody) {
            refusedTexts.add(text);
        }
        store.write(toNobody ? NOBODY : ids.get(other).asAddress(), text, random.nextInt(4) == 0 ? -2 : 0);
        log(store.name() + " writes " + text + " to " + (toNobody ? "nobody" : other));
    }

    private void connect(int who, StoreUnderTest store) throws IOException {
        log(store.name() + " connects as " + who);
        cut(who);
        store.connect();
        connected.set(who, store);
        look(who, store);
    }

    private void cut(int who) {
        StoreUnderTest link = connected.get(who);
        if (link != null) {
            log(link.name() + " is cut");
            link.cut();
            connected.set(who, null);
        }
    }

    private void restore() throws SQLException, InterruptedException {
        List<Long> clients = ids.stream().map(ClientId::value).toList();
        if (snapshots.isEmpty() || random.nextDouble() < .6) {
            snapshots.add(rows.backUp(database, clients));
            log("the server is backed up");
            return;
        }
        for (int who = 0; who < IDENTITIES; who++) {
            cut(who);
        }
        for (ClientId id : ids) {
            RunningServer.await("the session's end", () -> server.isOffline(id.toString()));
        }
        Mailbox mailbox = server.bean(Mailbox.class);
        mailbox.awaitStored(java.time.Duration.ofSeconds(20));
        int newest = snapshots.size() - 1;
        int which = Math.max(0, newest - random.nextInt(2));
        rows.restore(database, snapshots.get(which), clients);
        ForgottenCaches.of(mailbox, clients.stream().mapToLong(Long::longValue).toArray());
        restores++;
        disturbed = true;
        log("the server is restored from backup " + which);
    }

    private void copy(int who) throws IOException {
        List<StoreUnderTest> its = stores.get(who);
        if (its.size() < 2) {
            cut(who);
            StoreUnderTest copy = its.getFirst().copy("s" + names++);
            opened.add(copy);
            its.add(copy);
            disturbed = true;
            log(its.getFirst().name() + " is copied as " + copy.name());
        }
    }

    private void rollBack(int who) throws IOException {
        List<StoreUnderTest> its = stores.get(who);
        StoreUnderTest backup = backups.get(who);
        cut(who);
        if (backup == null || random.nextBoolean()) {
            StoreUnderTest fresh = its.getFirst().copy("s" + names++);
            opened.add(fresh);
            backups.set(who, fresh);
            log(its.getFirst().name() + " is backed up as " + fresh.name());
        } else {
            StoreUnderTest back = backup.copy("s" + names++);
            opened.add(back);
            log(its.getFirst().name() + " is put back, as " + back.name());
            opened.remove(its.getFirst());
            its.getFirst().close();
            its.set(0, back);
            disturbed = true;
        }
    }

    /** After a frame that may change what a store has, or what it claims. */
    private void look(int who, StoreUnderTest store, Frame frame) {
        switch (frame) {
            case Frame.Message _, Frame.Deliver _ -> ever.get(ids.get(who)).addAll(store.news());
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.Accepted _ -> look(who, store);
            default -> {}
        }
    }

    /** Checks that the states shown at this moment are true. */
    private void look(int who, StoreUnderTest store) {
        ever.get(ids.get(who)).addAll(store.news());
        for (Message message : store.newlyDelivered()) {
            if (!hasEverHad(message)) {
                complain("✓✓ before anybody has it: " + message.text());
            }
        }
    }

    private boolean hasEverHad(Message message) {
        Set<String> texts = ever.get(new ClientId(message.chat().value()));
        return texts != null && texts.contains(message.text());
    }

    private void complain(String what) {
        bad.add(what);
        log("BAD: " + what);
    }

    /** Every store connects, in turns, until none has anything to say or to hear. */
    private void settle() throws IOException, SQLException {
        String before = "";
        for (int round = 0; round < ROUNDS; round++) {
            String now = stores.stream()
                    .flatMap(List::stream)
                    .map(StoreUnderTest::fingerprint)
                    .toList()
                    .toString();
            if (now.equals(before)) {
                return;
            }
            before = now;
            for (int who = 0; who < IDENTITIES; who++) {
                boolean alone = stores.get(who).size() == 1;
                for (StoreUnderTest store : List.copyOf(stores.get(who))) {
                    if (round > 0 && alone && store.isAtRest(tailOf(who))) {
                        continue; // It has been connected since the last disturbance, and nothing has come for it.
                    }
                    clock++;
                    connect(who, store);
                    rest(who, store);
                    cut(who);
                }
            }
        }
    }

    private void rest(int who, StoreUnderTest store) throws IOException {
        for (int i = 0; i < MOVES; i++) {
            boolean moved = store.send();
            moved |= store.serverReadsAll();
            moved |= store.clientReadsAll();
            if (!store.isConnected()) {
                store.connect();
            }
            if (!moved && store.isAtRest()) {
                look(who, store);
                return;
            }
        }
        complain(store.name() + " does not come to rest");
    }

    private long tailOf(int who) throws SQLException {
        try (PreparedStatement query = database.prepareStatement(
                "select case when tail = given then tail else -1 end from client where id = ?")) {
            query.setLong(1, ids.get(who).value());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private void judge() {
        for (int who = 0; who < IDENTITIES; who++) {
            for (StoreUnderTest store : stores.get(who)) {
                List<String> texts = store.incomingTexts();
                if (texts.size() != Set.copyOf(texts).size()) {
                    complain("doubled in " + store.name() + ": " + texts);
                }
                checkOrder(store, texts);
                for (Message message : store.outgoing()) {
                    judge(store, message);
                }
            }
        }
    }

    private void judge(StoreUnderTest store, Message message) {
        boolean forNobody = refusedTexts.contains(message.text());
        String which = message.text() + " in " + store.name();
        switch (message.state()) {
            case WAITING, HANDED, UNSURE -> complain("never sent: " + which);
            case REFUSED -> {
                if (!forNobody) {
                    complain("a good message is marked as refused: " + which);
                }
            }
            case AT_SERVER -> {
                if (forNobody) {
                    complain("✓ for a refused message: " + which);
                } else if (!hasEverHad(message)) {
                    complain((message.delivered() > 0 ? "delivered, and nobody has it: " : "accepted, and lost: ")
                            + which);
                } else if (message.delivered() > 0) {
                    checkThatHolesWereSaid(message);
                }
            }
        }
    }

    /** A store that does not have what another one has fetched knows that something is missing. */
    private void checkThatHolesWereSaid(Message message) {
        if (restores > 0) {
            return; // What was received in a history that the server has lost, this store cannot know of.
        }
        int to = ids.indexOf(new ClientId(message.chat().value()));
        for (StoreUnderTest store : stores.get(to)) {
            if (!store.incomingTexts().contains(message.text()) && store.said().isEmpty()) {
                complain(message.text() + " was delivered elsewhere, and " + store.name() + " says no hole");
            }
        }
    }

    private void checkOrder(StoreUnderTest store, List<String> texts) {
        if (disturbed) {
            return;
        }
        for (int who = 0; who < IDENTITIES; who++) {
            List<String> sent = stores.get(who).getFirst().outgoing().stream()
                    .map(Message::text)
                    .filter(texts::contains)
                    .toList();
            List<String> came = texts.stream().filter(sent::contains).toList();
            if (!came.equals(sent)) {
                complain("another order in " + store.name() + ": " + came + ", not " + sent);
            }
        }
    }

    @Override
    public void close() {
        opened.forEach(StoreUnderTest::close);
    }

    /** Deletes the backups of the server that it has made. */
    void forgetBackups() throws SQLException {
        rows.forget(database, snapshots);
    }
}
