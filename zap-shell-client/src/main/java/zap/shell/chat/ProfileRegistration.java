package zap.shell.chat;

import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import zap.protocol.StreamId;
import zap.shell.connection.Registration;
import zap.shell.connection.Registration.Registered;
import zap.shell.identity.IdentityKey;
import zap.shell.store.NumberChange;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;

/**
 * The registration of a profile at a server: its first number, or another one.
 *
 * <p>Key and stream are on disk before the server sees them, so a registration whose answer was lost finds its number
 * again.
 */
final class ProfileRegistration {

    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final ProfileSettings.Server server;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Registration registration;

    ProfileRegistration(
            ProfileDatabase database,
            ProfileSettings.Server server,
            InstantSource clock,
            RandomGenerator random,
            Registration registration) {
        this.database = database;
        this.settings = new ProfileSettings(database);
        this.server = server;
        this.clock = clock;
        this.random = random;
        this.registration = registration;
    }

    /** Registers the profile's first number, with a key if the server supports keys, and stores both. */
    Registered first() throws IOException {
        Registered registered = register(() -> Resumption.stream(settings, random));
        settings.identity(server, registered.id(), registered.key());
        return registered;
    }

    /** Registers another number, and changes the store to it. The caller holds the session lock. */
    Registered another() throws IOException {
        Supplier<StreamId> stream = () -> settings.streamToRegister(() -> Resumption.fresh(random));
        Registered registered = register(stream);
        database.inTransaction(jdbc -> {
            new NumberChange(database).become(server, registered.id(), registered.key(), stream.get(), clock.instant());
            settings.count(ChatSession.BASE_MAIL, 0);
            settings.count(ChatSession.LAST_AT, 0);
            settings.count(ChatSession.MARKS_SEEN, settings.count(ChatSession.HANDED_OVER));
            return true;
        });
        return registered;
    }

    private Registered register(Supplier<StreamId> stream) throws IOException {
        return server.shortFrames() ? registration.withoutKey() : registration.withKeyIfPossible(terms(stream));
    }

    private Registration.Terms terms(Supplier<StreamId> stream) {
        return new Registration.Terms() {
            @Override
            public boolean mayBeWithoutKey() {
                return !settings.isAssured(server);
            }

            @Override
            public void welcomed() {
                settings.assured(server);
            }

            @Override
            public IdentityKey key() {
                return settings.keyToRegister(server);
            }

            @Override
            public StreamId stream() {
                return stream.get();
            }
        };
    }
}
