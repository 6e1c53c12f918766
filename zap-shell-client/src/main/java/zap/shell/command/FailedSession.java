package zap.shell.command;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.shell.chat.Client;
import zap.shell.chat.SessionReport;
import zap.shell.connection.Line;
import zap.shell.connection.TlsException;
import zap.shell.connection.TlsFault;
import zap.shell.store.Settings;
import zap.shell.store.StoreFault;

/**
 * A session that did not come about, or has ended: what a person is told of it, and how a command ends that needed it. All of it is listed
 * in docs/client.md.
 *
 * @param fault what is wrong with the encryption, when that is the trouble; else null
 */
record FailedSession(Line.Trouble trouble, @Nullable TlsFault fault) {

    private FailedSession(Line.Trouble trouble) {
        this(trouble, null);
    }

    /** Why there is no session, or not all waiting mail, although a command has waited for it. */
    static FailedSession of(Client client) {
        return client.failure()
                .or(client::state)
                .map(FailedSession::of)
                .orElseGet(() -> new FailedSession(Line.Trouble.NO_ANSWER));
    }

    /** Why this line has no session, or one that does not answer. */
    static FailedSession of(Line.State state) {
        Line.@Nullable Trouble trouble = state.trouble();
        if (trouble != null) {
            return new FailedSession(trouble, state.fault());
        }
        return new FailedSession(state.phase() == Line.Phase.ONLINE ? Line.Trouble.SILENT : Line.Trouble.NO_ANSWER);
    }

    /** Why the session of another window is not connected. */
    static FailedSession of(SessionReport report) {
        Line.@Nullable Trouble trouble = report.trouble();
        return new FailedSession(trouble == null ? Line.Trouble.NO_ANSWER : trouble);
    }

    /** Why a server gave no number. */
    static FailedSession of(IOException failure) {
        return new FailedSession(
                Line.Trouble.of(failure), failure instanceof TlsException untrusted ? untrusted.fault() : null);
    }

    /** Whether a server may be running at another place, or not at all: then it helps to say how one is named. */
    boolean mayBeElsewhere() {
        return switch (trouble) {
            case NO_SUCH_HOST, REFUSED, UNREACHABLE, NO_ANSWER, SILENT, NONSENSE -> true;
            case CLOSED_BY_SERVER,
                    BROKEN,
                    SHUTTING_DOWN,
                    SESSION_REFUSED,
                    TOO_MANY_REGISTRATIONS,
                    NO_AGREEMENT,
                    NOT_ASSURED,
                    REPLACED,
                    NOT_PROVEN,
                    NUMBER_NOT_TAKEN,
                    TLS,
                    WANTS_TLS,
                    DISK_FULL,
                    DISK_READ_ONLY,
                    STORE_DAMAGED,
                    DISK_FAILED,
                    OUR_FAULT -> false;
        };
    }

    ExitCode exitCode() {
        return ExitCode.of(trouble);
    }

    /** Returns the cause, in the user's words, without a full stop. */
    String cause(Desk desk) {
        return desk.trouble(trouble, fault);
    }

    /**
     * Returns the refusal of a command.
     *
     * @param key of a sentence with the server's address and the cause; where the encryption is the cause, the one with {@code -untrusted}
     */
    Refusal refusal(Desk desk, Settings.Server server, String key) {
        return refusal(exitCode(), desk, server, key);
    }

    /** The same for a command that has done a part of its work, and ends in another way. */
    Refusal refusal(ExitCode code, Desk desk, Settings.Server server, String key) {
        Optional<StoreFault> disk = storeFault();
        if (disk.isPresent()) {
            return desk.refusal(disk.get());
        }
        String sentence = desk.words().say(fault == null ? key : key + "-untrusted", server.address(), cause(desk));
        return new Refusal(code, sentence + wayOn(desk));
    }

    /** What is wrong with the disk, when that is why there is no session. */
    private Optional<StoreFault> storeFault() {
        return switch (trouble) {
            case DISK_FULL -> Optional.of(StoreFault.FULL);
            case DISK_READ_ONLY -> Optional.of(StoreFault.READ_ONLY);
            case STORE_DAMAGED -> Optional.of(StoreFault.DAMAGED);
            case DISK_FAILED -> Optional.of(StoreFault.DISK);
            default -> Optional.empty();
        };
    }

    /** Returns a further sentence about what to do, with a blank before it; empty when the cause says it. */
    String wayOn(Desk desk) {
        return trouble.isOfTheNumber() ? " " + desk.words().say("session.new-number") : "";
    }
}
