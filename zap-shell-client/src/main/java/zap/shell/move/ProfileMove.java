package zap.shell.move;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import zap.protocol.ClientId;
import zap.shell.move.ProfileFileException.Fault;
import zap.shell.store.Moves;
import zap.shell.store.NewFile;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileDatabase.StoreException;
import zap.shell.store.ProfileSettings;

/**
 * The export and import that carry a profile to another computer.
 *
 * <p>Both hold the session lock from the first step to the last, so nothing is sent or received meanwhile. A killed
 * process leaves the profile in its old state or in the new one. The next owner of the lock deletes the working files.
 *
 * <p>Not to be used while this process is the connected session: opening the lock file twice would release the lock.
 */
public final class ProfileMove {

    private static final Logger log = LoggerFactory.getLogger(ProfileMove.class);

    private static final String STORE = "zap.db";
    private static final String COMMANDS = "commands";

    /** The result of an export or import. */
    public enum Result {
        DONE,
        /** Another process is the connected session of the profile, or moves it now. Nothing was done. */
        IN_USE,
        /**
         * Another process wrote to the profile while it was exported. There is no file, and the profile is not retired.
         */
        CHANGED_MEANWHILE,
        /** The profile to import into is not empty. Nothing was done. */
        NOT_EMPTY
    }

    private final Profile profile;
    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final Moves moves;
    private final InstantSource clock;
    private final String host;
    private final int iterations;

    /**
     * @param host the name of this computer, to be shown to the user
     */
    public ProfileMove(Profile profile, ProfileDatabase database, InstantSource clock, String host) {
        this(profile, database, clock, host, PassphraseKeys.ITERATIONS);
    }

    ProfileMove(Profile profile, ProfileDatabase database, InstantSource clock, String host, int iterations) {
        this.profile = profile;
        this.database = database;
        this.settings = new ProfileSettings(database);
        this.moves = new Moves(database);
        this.clock = clock;
        this.host = host;
        this.iterations = iterations;
    }

    /**
     * Writes the profile into a file, checks the file, and then retires the profile. The file appears when it is
     * complete and checked.
     *
     * @throws FileAlreadyExistsException when the file exists
     * @throws IOException when the file cannot be written; then the profile is as it was, and there is no file
     */
    public Result export(Path file, char[] passphrase) throws IOException {
        Profile.@Nullable SessionLock lock = profile.tryLock();
        if (lock == null) {
            return Result.IN_USE;
        }
        Path part = file.resolveSibling(file.getFileName() + "." + profile.name() + ".part");
        try (lock) {
            moves.requireInUse();
            Files.deleteIfExists(part);
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            Profile.newPrivateFile(part);
            try {
                return export(file, part, passphrase);
            } finally {
                Files.deleteIfExists(part);
                profile.clearWorkspace();
            }
        }
    }

    private Result export(Path file, Path part, char[] passphrase) throws IOException {
        ProfileDatabase.Version copied = database.version();
        Map<String, Path> parts = copies();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        PassphraseKeys keys = PassphraseKeys.fresh(passphrase, iterations);
        Map<String, String> sums = ProfileFile.write(part, origin(now), keys, parts);
        if (!ProfileFile.open(part).sums(keys).equals(sums)) {
            throw new IOException("what was read back is not what was written");
        }
        NewFile.publish(part, file);
        boolean retired = false;
        try {
            retired = moves.retire(new Moves.Retirement(now, file.toString()), copied);
        } finally {
            if (!retired) {
                Files.deleteIfExists(file);
            }
        }
        return retired ? Result.DONE : Result.CHANGED_MEANWHILE;
    }

    private ProfileOrigin origin(Instant now) {
        return new ProfileOrigin(
                settings.self().orElseThrow(),
                settings.server().orElseGet(ProfileSettings.Server::usual).uri(),
                database.schema(),
                now,
                profile.name(),
                host);
    }

    /** Copies the store, and finds the other files of the profile. */
    private Map<String, Path> copies() throws IOException {
        profile.makeWorkspace();
        Path store = profile.workspace().resolve(STORE);
        Profile.newPrivateFile(store);
        try {
            database.copyTo(store);
        } catch (StoreException e) {
            // A full disk, for example.
            throw new IOException(reason(e), e);
        }
        var parts = new TreeMap<String, Path>(Map.of(STORE, store));
        if (Files.exists(profile.history())) {
            parts.put(COMMANDS, profile.history());
        }
        return parts;
    }

    private static String reason(StoreException exception) {
        @Nullable Throwable cause = exception.getCause();
        return String.valueOf(cause == null ? exception.getMessage() : cause.getMessage());
    }

    /** Returns whether a profile can be imported here: there is neither a number nor a contact that would be lost. */
    public boolean isEmpty() {
        return settings.self().isEmpty()
                && database.with(jdbc -> jdbc.sql("select not exists (select 1 from person)"
                                + " and not exists (select 1 from chat_group) and not exists (select 1 from message)")
                        .query(Boolean.class)
                        .single());
    }

    /**
     * Imports an exported profile: all of it, in one transaction, or nothing.
     *
     * @throws ProfileFileException when the file is not as it was written, or too new
     * @throws IOException when it cannot be read, or cannot be stored here
     */
    public Result takeIn(ProfileFile file, char[] passphrase) throws IOException {
        Profile.@Nullable SessionLock lock = profile.tryLock();
        if (lock == null) {
            return Result.IN_USE;
        }
        try (lock) {
            if (!isEmpty()) {
                return Result.NOT_EMPTY;
            }
            PassphraseKeys keys = file.keys(passphrase);
            profile.makeWorkspace();
            Path store = profile.workspace().resolve(STORE);
            try {
                file.read(keys, this::receiver);
                prepare(store, file.origin());
                database.replaceWith(store);
                addCommands();
            } catch (StoreException e) {
                throw new IOException(reason(e), e);
            } finally {
                profile.clearWorkspace();
            }
        }
        return Result.DONE;
    }

    private OutputStream receiver(String name) throws IOException {
        if (!name.equals(STORE) && !name.equals(COMMANDS)) {
            throw new ProfileFileException(Fault.NEWER);
        }
        Path part = profile.workspace().resolve(name);
        Profile.newPrivateFile(part);
        return Files.newOutputStream(part, StandardOpenOption.WRITE);
    }

    /** Checks the imported store, migrates it, and records its origin in it. */
    private void prepare(Path store, ProfileOrigin origin) throws ProfileFileException {
        if (!Files.exists(store)) {
            throw new ProfileFileException(Fault.DAMAGED);
        }
        try {
            if (ProfileDatabase.schemaOf(store) > ProfileDatabase.SCHEMA) {
                throw new ProfileFileException(Fault.NEWER);
            }
            try (ProfileDatabase incoming = ProfileDatabase.open(store)) {
                @Nullable ClientId number = new ProfileSettings(incoming).self().orElse(null);
                if (!incoming.check().equals("ok") || !origin.number().equals(number)) {
                    throw new ProfileFileException(Fault.DAMAGED);
                }
                new Moves(incoming)
                        .arrived(new Moves.Arrival(
                                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                                origin.exportedAt(),
                                origin.profile(),
                                origin.host()));
            }
        } catch (StoreException | DataAccessException | FlywayException | IllegalArgumentException e) {
            throw new ProfileFileException(Fault.DAMAGED, e);
        }
    }

    /** Inserts the imported command history before the present one. A profile without it is complete, too. */
    private void addCommands() {
        Path commands = profile.workspace().resolve(COMMANDS);
        try {
            if (!Files.exists(commands)) {
                return;
            }
            if (Files.exists(profile.history())) {
                try (OutputStream out = Files.newOutputStream(commands, StandardOpenOption.APPEND)) {
                    Files.copy(profile.history(), out);
                }
            }
            Files.move(commands, profile.history(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            log.warn("The command history was not imported", e);
        }
    }
}
