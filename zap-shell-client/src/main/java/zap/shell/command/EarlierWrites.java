package zap.shell.command;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import zap.shell.chat.OneShot;
import zap.shell.chat.SessionFailure;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.view.FailureTexts;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.RefusedGroup;

/** Tells the user which earlier messages and groups the server rejected during the session of a single command. */
final class EarlierWrites {

    private final ShellContext shell;
    private final OneShot session;

    EarlierWrites(ShellContext shell, OneShot session) {
        this.shell = shell;
        this.session = session;
    }

    /**
     * Returns one sentence for each rejected message and group, without the messages that the command reports itself.
     */
    List<String> sentences(List<Long> reportedByTheCommand) {
        var lines = new ArrayList<String>();
        session.refused(reportedByTheCommand)
                .forEach(message -> lines.add(shell.views().refusedSentence(message)));
        session.refusedGroups().forEach(group -> lines.add(shell.views().refusedSentence(group)));
        if (session.unsure() > 0) {
            lines.add(shell.texts().count("live.unsure", session.unsure()));
        }
        return lines;
    }

    /**
     * Ends the command with the exit code of the earlier rejections. Without any it only mentions, on standard error,
     * those of before that are not acknowledged.
     */
    void refuse() {
        List<String> sentences = sentences(List.of());
        if (!sentences.isEmpty()) {
            throw new RefusedCommandException(exitCode(), String.join("\n", sentences));
        }
        mentionRefusals(shell);
    }

    /** Returns the refusal of a command that has no session, after the sentences about earlier writes. */
    RefusedCommandException failed(SessionFailure failure, String key) {
        return after(new FailureTexts(shell).refusal(failure, shell.client().server(), key));
    }

    /**
     * Returns the refusal of a command whose server has sent nothing for too long, after the sentences about earlier
     * writes.
     */
    RefusedCommandException stalled(String sentence) {
        return after(new RefusedCommandException(ExitCode.UNAVAILABLE, sentence));
    }

    private RefusedCommandException after(RefusedCommandException refusal) {
        var lines = new ArrayList<>(sentences(List.of()));
        lines.add(String.valueOf(refusal.getMessage()));
        return new RefusedCommandException(refusal.exitCode(), String.join("\n", lines));
    }

    /** Mentions on standard error how many refusals are not acknowledged, if there are any. */
    static void mentionRefusals(ShellContext shell) {
        int refusals = shell.refusals();
        if (refusals > 0) {
            PrintWriter notices = shell.notices();
            notices.println(shell.texts().count("refused.mention", refusals));
            notices.flush();
        }
    }

    private ExitCode exitCode() {
        List<Message> messages = session.refused(List.of());
        if (!messages.isEmpty()) {
            return ExitCode.ofRefusal(messages.getFirst().refusal());
        }
        List<RefusedGroup> groups = session.refusedGroups();
        return groups.isEmpty()
                ? ExitCode.KEPT
                : ExitCode.ofRefusal(groups.getFirst().reason());
    }
}
