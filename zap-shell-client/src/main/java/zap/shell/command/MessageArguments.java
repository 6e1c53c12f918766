package zap.shell.command;

import zap.protocol.Address;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.store.Messages.Message;
import zap.shell.text.VisibleText;

/** Parses the arguments that name messages, and looks the messages up. */
final class MessageArguments {

    private final ShellContext shell;

    MessageArguments(ShellContext shell) {
        this.shell = shell;
    }

    /** Returns the message of this number, or the last message that was received in this chat. */
    Message messageOrLast(String typed) {
        if (typed.matches("#?\\d{1,12}")) {
            return find(number(typed));
        }
        Address chat = shell.who(typed);
        return shell.client().messages().last(chat, 200).reversed().stream()
                .filter(m -> !m.outgoing())
                .findFirst()
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.USAGE,
                        shell.texts().say("reply.nothing", shell.views().name(chat))));
    }

    /** Returns the message of this number, or refuses when there is none that may be shown. */
    Message find(long number) {
        Message message = shell.client()
                .messages()
                .find(number)
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.USAGE, shell.texts().say("error.no-message", number)));
        if (!shell.client().blocks().isShown(number)) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.hidden", number));
        }
        return message;
    }

    /** Parses the number of a message, with or without a {@code #}. */
    long number(String typed) {
        String digits = typed.startsWith("#") ? typed.substring(1) : typed;
        if (!digits.matches("\\d{1,12}")) {
            throw new RefusedCommandException(
                    ExitCode.USAGE, shell.texts().say("error.no-number", VisibleText.line(typed)));
        }
        return Long.parseLong(digits);
    }

    /** Parses how many messages to show. */
    int atLeastOne(String typed) {
        long count = number(typed);
        if (count < 1 || count > 1_000_000) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.no-number", typed));
        }
        return (int) count;
    }
}
