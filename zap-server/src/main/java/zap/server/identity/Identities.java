package zap.server.identity;

import java.time.Clock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.server.mailbox.Batch;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.Standing;
import zap.server.mailbox.Write;

/** Who is this? Registers clients (01), and looks them up when they come back (03). */
@Service
public class Identities {

    private final ClientRepository clients;
    private final Mailbox mailbox;
    private final IdSource ids;
    private final Clock clock;

    Identities(ClientRepository clients, Mailbox mailbox, IdSource ids, Clock clock) {
        this.clients = clients;
        this.mailbox = mailbox;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * Makes a new identity.
     *
     * @param registered told on the writer's thread, when the new client is durable, or with null when somebody was given the
     *     same id in the same moment; must not block
     */
    public void register(Consumer<@Nullable ClientId> registered) throws InterruptedException {
        mailbox.submit(new Registration(registered));
    }

    /**
     * Looks up where a client's mail goes on, after everything that was submitted before.
     *
     * @param found told on the writer's thread; null when there is no such client; must not block
     */
    public void lookUp(ClientId client, Consumer<@Nullable Standing> found) throws InterruptedException {
        mailbox.submit(new LookUp(client, found));
    }

    private final class Registration implements Write {

        private final Consumer<@Nullable ClientId> registered;
        private ClientId candidate = ids.nextClient();

        Registration(Consumer<@Nullable ClientId> registered) {
            this.registered = registered;
        }

        @Override
        public void prepare() {
            candidate = ids.nextClient();
            while (clients.existsById(candidate.value())) {
                candidate = ids.nextClient();
            }
        }

        @Override
        public void touch(LongConsumer touched) {
            // The row does not exist yet, so there is nothing to lock.
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            clients.save(new Client(candidate.value(), clock.instant()));
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            registered.accept(refusal == null ? candidate : null);
        }
    }

    private static final class LookUp implements Write {

        private final ClientId client;
        private final Consumer<@Nullable Standing> found;
        private @Nullable Batch batch;

        LookUp(ClientId client, Consumer<@Nullable Standing> found) {
            this.client = client;
            this.found = found;
        }

        @Override
        public void touch(LongConsumer touched) {
            touched.accept(client.value());
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            this.batch = batch;
            return batch.knows(client) ? null : Reason.UNKNOWN_CLIENT;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            found.accept(refusal == null && batch != null ? batch.standing(client) : null);
        }
    }
}
