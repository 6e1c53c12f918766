package zap.shell.command.view;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import zap.shell.chat.SessionFailure;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.connection.FailedAttempt;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;
import zap.shell.text.VisibleText;

/**
 * Tells the user why there is no session, and with which code a command ends that needed one: docs/client.md lists all
 * of it.
 */
public final class FailureTexts {

    private final ShellContext shell;

    public FailureTexts(ShellContext shell) {
        this.shell = shell;
    }

    /**
     * Returns the cause, in the user's language, without a full stop. Where several addresses were tried, and the
     * server's address does not say which ones or their causes differ, it names them.
     */
    public String cause(SessionFailure failure) {
        var addresses = new LinkedHashMap<String, Set<String>>();
        var names = new HashSet<String>();
        boolean isUnclear = false;
        for (FailedAttempt attempt : failure.tried()) {
            String address = VisibleText.line(attempt.address().ofTheName());
            names.add(address);
            isUnclear |= attempt.address().isOneOfSeveral();
            addresses
                    .computeIfAbsent(shell.trouble(attempt.problem(), attempt.fault()), cause -> new LinkedHashSet<>())
                    .add(address);
        }
        if (names.size() < 2 || !(isUnclear || addresses.size() > 1)) {
            return shell.trouble(failure.problem(), failure.fault());
        }
        return addresses.entrySet().stream()
                .map(entry -> entry.getKey() + " (" + String.join(", ", entry.getValue()) + ")")
                .collect(Collectors.joining("; "));
    }

    /**
     * Returns the refusal of a command.
     *
     * @param key of a sentence with the server's address and the cause; where the encryption is the cause, the one with
     *     {@code -untrusted}
     */
    public RefusedCommandException refusal(SessionFailure failure, ProfileSettings.Server server, String key) {
        return refusal(failure, ExitCode.of(failure.problem()), server, key);
    }

    /**
     * Returns the refusal of a command that has done a part of its work, and ends with another code than the cause's.
     */
    public RefusedCommandException refusal(
            SessionFailure failure, ExitCode code, ProfileSettings.Server server, String key) {
        Optional<StoreFault> disk = storeFault(failure);
        if (disk.isPresent()) {
            return shell.refusal(disk.get());
        }
        String sentence =
                shell.texts().say(failure.fault() == null ? key : key + "-untrusted", server.address(), cause(failure));
        return new RefusedCommandException(code, sentence + advice(failure));
    }

    /**
     * Returns the refusal of a command whose message or group could not be sent. It waits, unless the server rejected
     * the number.
     */
    public RefusedCommandException kept(SessionFailure failure, String key) {
        ProfileSettings.Server server = shell.client().server();
        return failure.problem().isOfTheNumber()
                ? refusal(failure, server, "send.kept-not-accepted")
                : refusal(failure, ExitCode.KEPT, server, key);
    }

    /** Returns a further sentence with the next command to use, with a blank before it; empty when there is none. */
    public String advice(SessionFailure failure) {
        return failure.problem().isOfTheNumber() ? " " + shell.texts().say("session.new-number") : "";
    }

    /**
     * Returns whether the server may be running elsewhere, or not at all, so that the user should check its address.
     */
    public static boolean mayBeElsewhere(SessionFailure failure) {
        return switch (failure.problem()) {
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

    private static Optional<StoreFault> storeFault(SessionFailure failure) {
        return switch (failure.problem()) {
            case DISK_FULL -> Optional.of(StoreFault.FULL);
            case DISK_READ_ONLY -> Optional.of(StoreFault.READ_ONLY);
            case STORE_DAMAGED -> Optional.of(StoreFault.DAMAGED);
            case DISK_FAILED -> Optional.of(StoreFault.DISK);
            default -> Optional.empty();
        };
    }
}
