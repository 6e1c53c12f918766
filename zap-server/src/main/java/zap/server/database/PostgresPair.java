package zap.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A primary and its synchronous streaming standby on this machine, made from the server's own PostgreSQL. For trying a
 * failover: either may be killed and started again, and the standby may be promoted. Nothing is restarted by itself.
 *
 * <p>The files decide which one is the primary: a standby has {@code standby.signal}, and of two without it the one
 * with the higher timeline was promoted. So no kill at any moment leaves a doubt. The other one is an old primary then,
 * and becomes a standby with a new copy of the data.
 *
 * <p>For one thread, except {@link #cancel}.
 */
public final class PostgresPair implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PostgresPair.class);

    /** The names of the two: of their folders, and of the standby at its primary. */
    private static final List<String> NAMES = List.of("postgres-1", "postgres-2");

    private static final Duration START_WITHIN = Duration.ofMinutes(2);

    /** Maximum time until a standby has connected. One that needs log which the primary no longer has never does. */
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(20);

    private static final Duration END_WITHIN = Duration.ofSeconds(20);

    /** Seconds after which a PostgreSQL counts as one that does not answer. */
    private static final int ANSWER_WITHIN = 3;

    /** Settings of both: enough connections for nine servers, each of which has a pool of eight and a few more. */
    private static final List<String> OF_BOTH = List.of("max_connections = 150");

    private static final Pattern HISTORY = Pattern.compile("([0-9A-F]{8})\\.history");
    private static final int HEX = 16;

    /** The two roles. An old primary that was replaced has the second one: it is the one that a standby is made of. */
    public enum Role {
        PRIMARY,
        STANDBY
    }

    /**
     * One of the two, as it is now.
     *
     * @param name of its folder
     * @param address host and port; empty if it has not run yet
     * @param pid of its process; empty if it does not run
     * @param state in words, for a person
     */
    public record Status(String name, Role role, String address, Optional<Long> pid, String state) {}

    private static final class Member {
        private final String name;
        private final DataFolder folder;
        private @Nullable OwnPostgres postgres;

        Member(String name, DataFolder folder) {
            this.name = name;
            this.folder = folder;
        }

        boolean exists() {
            return Files.exists(folder.cluster());
        }

        boolean isStandby() {
            return Files.exists(folder.cluster().resolve("standby.signal"));
        }

        boolean isRunning() {
            OwnPostgres started = postgres;
            return started != null && started.isRunning();
        }

        /** Returns the PostgreSQL that was started last. */
        OwnPostgres started() {
            OwnPostgres started = postgres;
            if (started == null) {
                throw new IllegalStateException(name + " was never started");
            }
            return started;
        }
    }

    private final DataFolder root;
    private final List<Member> members;
    private final Clock clock;
    private final Cancellation cancellation = new Cancellation();

    private PostgresPair(DataFolder root, Clock clock) throws IOException {
        this.root = root;
        this.members =
                List.of(new Member(NAMES.getFirst(), root), new Member(NAMES.getLast(), root.beside(NAMES.getLast())));
        this.clock = clock;
    }

    /**
     * Takes the folder, and makes it if it does not exist. Starts nothing.
     *
     * @param user the name of this program in the messages of others that want the folder
     * @throws CannotUseDatabaseException when another process has it, or it cannot be used
     */
    public static PostgresPair open(Path directory, String user, Clock clock) {
        DataFolder root = DataFolder.open(directory, user, NAMES.getFirst());
        try {
            return new PostgresPair(root, clock);
        } catch (IOException e) {
            root.close();
            throw DataFolder.unusable(directory, e);
        }
    }

    /** Returns the folder. */
    public Path folder() {
        return root.root();
    }

    /** Returns the token for operators of the servers that use this database. */
    public String adminToken() {
        try {
            return root.adminToken();
        } catch (IOException e) {
            throw DataFolder.unusable(root.root(), e);
        }
    }

    /**
     * Starts the primary, and then the standby, which is made if there is none. When this returns, each commit waits
     * for the standby.
     *
     * @throws CannotUseDatabaseException when one of them cannot be started
     */
    public void start() {
        endLeftovers();
        startPrimary();
        startStandby();
    }

    /** Returns the URL with both hosts, always in the same order. */
    public String url() {
        return "jdbc:postgresql://"
                + String.join(",", members.stream().map(PostgresPair::address).toList()) + "/zap";
    }

    /** Returns the role of the servers. */
    public String user() {
        return primary().started().getUsername();
    }

    /** Returns the password of that role. */
    public String password() {
        return primary().started().getPassword();
    }

    /** Returns the state of both, the primary first. */
    public List<Status> status() {
        Member primary = primary();
        return Stream.of(primary, other(primary))
                .map(member -> new Status(
                        member.name,
                        member == primary ? Role.PRIMARY : Role.STANDBY,
                        member.postgres == null ? "" : address(member),
                        member.isRunning() ? Optional.of(member.started().pid()) : Optional.empty(),
                        state(member, primary)))
                .toList();
    }

    /** Returns the ids of the processes that run, by the names of the two. */
    public Map<String, Long> pids() {
        return members.stream()
                .filter(Member::isRunning)
                .collect(Collectors.toMap(
                        member -> member.name, member -> member.started().pid()));
    }

    private String state(Member member, Member primary) {
        if (!member.isRunning()) {
            return "ended";
        }
        if (member == primary) {
            return answers(member) ? "answers" : "does not answer";
        }
        if (!member.isStandby()) {
            return "an old primary";
        }
        return switch (replication(member, primary)) {
            case "sync" -> "synchronous";
            case "" -> "not connected to the primary";
            case String kind -> kind;
        };
    }

    /** Kills one of them with kill -9. Returns the id of the process, or nothing if it did not run. */
    public Optional<Long> kill(Role role) {
        Member member = member(role);
        if (!member.isRunning()) {
            return Optional.empty();
        }
        long pid = member.started().pid();
        member.started().kill();
        await("Processes of " + member.name + " do not end.", END_WITHIN, () -> !member.isRunning());
        return Optional.of(pid);
    }

    /**
     * Starts one of them again.
     *
     * @return false if it was running
     */
    public boolean start(Role role) {
        if (member(role).isRunning()) {
            return false;
        }
        if (role == Role.PRIMARY) {
            startPrimary();
        } else {
            startStandby();
        }
        return true;
    }

    /**
     * Makes the standby the primary.
     *
     * @throws CannotUseDatabaseException when that is impossible, or when the primary still answers: two primaries
     *     would have two histories
     */
    public void promote() {
        Member primary = primary();
        Member standby = other(primary);
        if (!standby.isRunning() || !standby.isStandby()) {
            throw new CannotUseDatabaseException(
                    "There is no standby that could be promoted.", "./zap cluster start standby makes one.");
        }
        if (primary.isRunning() && answers(primary)) {
            throw new CannotUseDatabaseException(
                    "The primary still answers. With two primaries there would be two histories.",
                    "End it first: ./zap cluster kill primary");
        }
        standby.started().promote();
        setAsPrimary(standby);
    }

    /** Lets a running {@link #start()} end early, with an exception. For any thread. */
    public void cancel() {
        cancellation.request();
    }

    /** Stops both, the primary first so that the standby has everything, and releases the folder. */
    @Override
    public void close() {
        Member primary = primary();
        for (Member member : List.of(primary, other(primary))) {
            try {
                if (member.isRunning()) {
                    goOn(member);
                    member.started().stop();
                }
            } catch (CannotUseDatabaseException e) {
                log.error("{} could not be stopped; the next start does so. {}", member.name, e.getMessage());
            }
        }
        root.close();
    }

    private void startPrimary() {
        Member primary = primary();
        Member other = other(primary);
        if (!primary.exists() && other.exists()) {
            throw new CannotUseDatabaseException(
                    "The data of the primary, " + primary.folder.cluster() + ", is missing.",
                    "Put it back. Or begin anew: delete " + root.root() + ".");
        }
        if (primary.isStandby()) {
            throw new CannotUseDatabaseException(
                    "Both databases in " + root.root() + " are standbys.",
                    "Delete standby.signal in the data of the one that is to be the primary.");
        }
        startMember(primary, settingsOfPrimary(primary));
    }

    private void startStandby() {
        Member primary = primary();
        Member standby = other(primary);
        try {
            if (!standby.isStandby() || !isStartedAndConnected(standby, primary)) {
                copy(primary, standby);
                if (!isStartedAndConnected(standby, primary)) {
                    throw new CannotUseDatabaseException(
                            "The standby does not connect to the primary.",
                            "The reason is in " + standby.folder.cluster().resolve("log") + ".");
                }
            }
            setAsPrimary(primary);
        } catch (IOException e) {
            throw DataFolder.unusable(root.root(), e);
        }
        await(
                "The standby does not become synchronous.",
                CONNECT_WITHIN,
                () -> replication(standby, primary).equals("sync"));
    }

    private boolean isStartedAndConnected(Member standby, Member primary) {
        OwnPostgres followed = primary.started();
        startMember(
                standby,
                settings("primary_conninfo = 'host=%s port=%s user=%s password=%s application_name=%s'"
                        .formatted(
                                followed.host().replaceAll("[\\[\\]]", ""),
                                followed.port(),
                                followed.getUsername(),
                                followed.getPassword(),
                                standby.name)));
        try {
            await("", CONNECT_WITHIN, () -> !replication(standby, primary).isEmpty());
            return true;
        } catch (CannotUseDatabaseException e) {
            checkNotCancelled();
            return false;
        }
    }

    private void startMember(Member member, List<String> settings) {
        checkNotCancelled();
        try {
            member.postgres = OwnPostgres.startIn(member.folder, START_WITHIN, settings);
        } catch (IOException e) {
            throw DataFolder.unusable(root.root(), e);
        }
    }

    /** Lets a running primary wait for the other one if that is its standby, and for nothing else. */
    private void setAsPrimary(Member member) {
        try {
            member.started().set(settingsOfPrimary(member));
        } catch (IOException e) {
            throw DataFolder.unusable(root.root(), e);
        }
    }

    private List<String> settingsOfPrimary(Member member) {
        Member other = other(member);
        return other.isStandby() ? settings("synchronous_standby_names = '\"" + other.name + "\"'") : OF_BOTH;
    }

    private static List<String> settings(String line) {
        var lines = new ArrayList<>(OF_BOTH);
        lines.add(line);
        return lines;
    }

    /** Replaces the data of one by a copy of the other, which runs. */
    private void copy(Member from, Member to) throws IOException {
        if (to.isRunning()) {
            to.started().stop();
        }
        Binaries.copy(from.folder.postgresql(), to.folder.postgresql());
        to.folder.setPassword(from.started().getPassword());
        DataFolder.delete(to.folder.cluster());
        // Made under another name and then renamed, so that one that is killed here leaves nothing unfinished.
        Path making = to.folder.postgresql().resolve("data.new");
        DataFolder.delete(making);
        var copies = new CheckedCopies(to.folder.postgresql(), cancellation);
        try (Connection connection = from.started().connect((int) START_WITHIN.toSeconds());
                Statement statement = connection.createStatement()) {
            new BaseCopy(from.folder.cluster(), copies, "data.new").make(statement, clock);
        } catch (SQLException | BackupException e) {
            throw new CannotUseDatabaseException(
                    "The standby cannot be made: " + e.getMessage(),
                    "More may be in " + from.folder.cluster().resolve("log") + ".",
                    e);
        }
        Files.createFile(making.resolve("standby.signal"));
        Files.move(making, to.folder.cluster(), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Ends an old primary that a killed program has left running: its data is about to be replaced. Of the others, a
     * start takes care. A stopped process (kill -STOP) has to go on for that.
     */
    private void endLeftovers() {
        Member primary = primary();
        Member other = other(primary);
        goOn(primary);
        goOn(other);
        if (other.exists() && !other.isStandby()) {
            await("Processes of " + other.name + " do not end.", END_WITHIN, () -> {
                List<ProcessHandle> left = processes(other);
                left.forEach(ProcessHandle::destroyForcibly);
                return left.isEmpty();
            });
        }
    }

    private static List<ProcessHandle> processes(Member member) {
        return ProcessHandle.allProcesses()
                .filter(process -> OwnPostgres.runsFrom(member.folder.postgresql(), process))
                .toList();
    }

    /** Lets its processes go on, if they were stopped by kill -STOP. */
    private static void goOn(Member member) {
        List<String> pids = processes(member).stream()
                .map(process -> Long.toString(process.pid()))
                .toList();
        if (pids.isEmpty()) {
            return;
        }
        try {
            var command = new ArrayList<>(List.of("kill", "-CONT"));
            command.addAll(pids);
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            log.debug("{} was not told to go on: {}", member.name, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean answers(Member member) {
        try (Connection connection = member.started().connect(ANSWER_WITHIN);
                Statement statement = connection.createStatement()) {
            SingleValueQuery.to(statement, "select 1");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    /** Returns how commits wait for a standby, in PostgreSQL's words; empty if it is not connected. */
    private static String replication(Member standby, Member primary) {
        try (Connection connection = primary.started().connect(ANSWER_WITHIN);
                Statement statement = connection.createStatement()) {
            return SingleValueQuery.to(
                    statement,
                    "select coalesce(max(sync_state), '') from pg_stat_replication where state = 'streaming'"
                            + " and application_name = '" + standby.name + "'");
        } catch (SQLException e) {
            return "";
        }
    }

    private Member member(Role role) {
        return role == Role.PRIMARY ? primary() : other(primary());
    }

    private Member primary() {
        Member first = members.getFirst();
        Member second = members.getLast();
        if (!second.exists() || second.isStandby()) {
            return first;
        }
        if (!first.exists() || first.isStandby()) {
            return second;
        }
        return timeline(second) > timeline(first) ? second : first;
    }

    private Member other(Member member) {
        return member == members.getFirst() ? members.getLast() : members.getFirst();
    }

    /** Returns the highest timeline of which the data has a history. Every promotion writes one. */
    private static int timeline(Member member) {
        try (Stream<Path> files = Files.list(member.folder.cluster().resolve("pg_wal"))) {
            return files.map(file -> HISTORY.matcher(String.valueOf(file.getFileName())))
                    .filter(Matcher::matches)
                    .mapToInt(file -> Integer.parseInt(file.group(1), HEX))
                    .max()
                    .orElse(1);
        } catch (IOException e) {
            throw DataFolder.unusable(member.folder.root(), e);
        }
    }

    private static String address(Member member) {
        return member.started().host() + ":" + member.started().port();
    }

    private void await(String failure, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            checkNotCancelled();
            if (System.nanoTime() > end) {
                throw new CannotUseDatabaseException(failure, "More may be in the logs below " + root.root() + ".");
            }
            try {
                Thread.sleep(50); // between two looks
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                cancel();
            }
        }
    }

    private void checkNotCancelled() {
        try {
            cancellation.check();
        } catch (BackupException e) {
            throw new CannotUseDatabaseException("The start was interrupted.", "");
        }
    }
}
