package zap.shell.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.shell.chat.AddressBook;
import zap.shell.chat.OneShot;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionFailure;
import zap.shell.chat.SessionReport;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Texts;
import zap.shell.command.view.FailureTexts;
import zap.shell.command.view.LiveView;
import zap.shell.command.view.ProgressLine;
import zap.shell.connection.ServerConnection;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.text.MessageTexts;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** The commands that send messages, and those about messages that were rejected or are in doubt. */
class SendCommands {

    private static final int QUOTED = 60;

    private final ShellContext shell;
    private final MessageWriter writer;
    private final MessageArguments messageArguments;

    SendCommands(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.writer = new MessageWriter(shell, live);
        this.messageArguments = new MessageArguments(shell);
    }

    @Command(group = Syntax.GROUP, name = "send", description = "Send a message", completionProvider = "chats")
    @Syntax(textAfter = 1)
    void send(CommandContext context, @Option(longName = "quiet", defaultValue = "false") Boolean quiet) {
        Arguments arguments = Arguments.ofActive(context, shell, Arguments.ANY);
        Address chat = shell.who(arguments.required(0));
        String text = arguments.required(1);
        shell.mayWrite(chat);
        deliver(context.outputWriter(), chat, text.equals("-") ? fromStandardInput() : text, quiet);
    }

    @Command(
            group = Syntax.GROUP,
            name = "reply",
            description = "Answer a message, with a quote of it",
            completionProvider = "chats")
    @Syntax(textAfter = 1)
    void reply(CommandContext context, @Option(longName = "quiet", defaultValue = "false") Boolean quiet) {
        Arguments arguments = Arguments.ofActive(context, shell, Arguments.ANY);
        Message original = messageArguments.messageOrLast(arguments.required(0));
        shell.mayWrite(original.chat());
        String text = arguments.required(1);
        String first = VisibleText.line(original.text().lines().findFirst().orElse(""));
        String quote = MessageTexts.length(first) <= QUOTED
                ? first
                : first.substring(0, first.offsetByCodePoints(0, QUOTED)) + "…";
        deliver(
                context.outputWriter(),
                original.chat(),
                "> " + quote + "\n" + (text.equals("-") ? fromStandardInput() : text),
                quiet);
    }

    private static String stripLastLineBreak(String text) {
        return text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private String fromStandardInput() {
        if (shell.isInteractive()) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.no-stdin"));
        }
        if (shell.input().holdsCommands()) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.stdin-has-commands"));
        }
        try {
            return stripLastLineBreak(shell.input().text());
        } catch (CharacterCodingException e) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, shell.texts().say("error.not-utf8"));
        } catch (IOException e) {
            throw shell.unreadableInput(e);
        }
    }

    /** Checks a text, puts it into the outbox, and opens a session for it if there is none. */
    private void deliver(PrintWriter out, Address chat, String text, boolean quiet) {
        Texts texts = shell.texts();
        if (text.isBlank()) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, texts.say("error.empty"));
        }
        if (text.indexOf(0) >= 0) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, texts.say("error.nul"));
        }
        ProfileClient client = shell.client();
        writer.warnOfClock(shell.isInteractive() ? out : shell.notices(), chat);
        if (shell.hasSession()) {
            writer.writeAndShow(out, () -> client.write(chat, text), true);
            return;
        }
        List<Long> numbers = client.write(chat, text);
        if (!quiet) {
            printRecipient(chat, numbers.size());
        }
        sendOff(numbers);
    }

    /** Prints on standard error whom the message is for, so that the log of a script shows it. */
    private void printRecipient(Address chat, int parts) {
        AddressBook book = shell.client().addressBook();
        String number = Names.readable(chat.toString());
        String who = book.name(chat).map(name -> name + " (" + number + ")").orElse(number);
        shell.notices().println(shell.texts().count("send.to", parts, who));
        shell.notices().flush();
    }

    /**
     * Sends these with a session of this command, or through another window, and refuses unless the server has
     * confirmed them.
     */
    private void sendOff(List<Long> numbers) {
        var session = new OneShot(shell.client(), new ProgressLine(shell));
        OneShot.Result result;
        try (session) {
            result = session.send(numbers);
        }
        new EarlierWrites(shell, session).sentences(numbers).forEach(shell.notices()::println);
        shell.notices().flush();
        refuseRefused(numbers);
        switch (result) {
            case OneShot.Result.Done() -> {}
            case OneShot.Result.Retired() -> shell.inUse();
            case OneShot.Result.Elsewhere(var report) -> throw keptElsewhere(report);
            case OneShot.Result.Failed(var failure) -> throw notSent(failure, numbers);
            case OneShot.Result.Stalled() -> throw notConfirmed(isInDoubt(numbers));
        }
    }

    private RefusedCommandException keptElsewhere(Optional<SessionReport> report) {
        return report.filter(session -> session.phase() != ServerConnection.Phase.ONLINE)
                .map(session -> new FailureTexts(shell).kept(SessionFailure.of(session), "send.kept-elsewhere"))
                .orElseGet(() ->
                        new RefusedCommandException(ExitCode.KEPT, shell.texts().say("send.kept-there")));
    }

    private RefusedCommandException notSent(SessionFailure failure, List<Long> numbers) {
        return isInDoubt(numbers) && !failure.problem().isOfTheNumber()
                ? notConfirmed(true)
                : new FailureTexts(shell).kept(failure, "send.kept");
    }

    private RefusedCommandException notConfirmed(boolean inDoubt) {
        return new RefusedCommandException(
                ExitCode.KEPT,
                shell.texts()
                        .say(
                                inDoubt ? "send.in-doubt" : "send.unconfirmed",
                                shell.client().server().address()));
    }

    /** Returns whether one of these was sent in the base protocol, which does not tell whether the server has it. */
    private boolean isInDoubt(List<Long> numbers) {
        ProfileClient client = shell.client();
        return !client.isAssured()
                && numbers.stream()
                        .flatMap(number -> client.messages().find(number).stream())
                        .anyMatch(message ->
                                message.state() == DeliveryState.HANDED || message.state() == DeliveryState.UNSURE);
    }

    /** Refuses with a sentence for each of these that the server rejected, and acknowledges them. */
    private void refuseRefused(List<Long> numbers) {
        ProfileClient client = shell.client();
        List<Message> refused = numbers.stream()
                .flatMap(number -> client.messages().find(number).stream())
                .filter(message -> message.state() == DeliveryState.REFUSED)
                .toList();
        if (refused.isEmpty()) {
            return;
        }
        refused.forEach(message -> client.outgoing().acknowledge(message.number()));
        throw new RefusedCommandException(
                ExitCode.ofRefusal(refused.getFirst().refusal()),
                String.join(
                        "\n",
                        refused.stream().map(shell.views()::refusedSentence).toList()));
    }

    @Command(group = Syntax.GROUP, name = "resend", description = "Send unsure messages again")
    void resend(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        ProfileClient client = shell.client();
        PrintWriter out = context.outputWriter();
        List<Message> again = arguments.has(0)
                ? List.of(unsureOrRefused(messageArguments.number(arguments.required(0))))
                : client.messages().unacknowledged(DeliveryState.UNSURE);
        if (again.isEmpty()) {
            out.println(shell.texts().say("resend.none"));
            EarlierWrites.mentionRefusals(shell);
            return;
        }
        if (shell.hasSession()) {
            for (Message message : again) {
                writer.warnOfClock(shell.isInteractive() ? out : shell.notices(), message.chat());
                writer.writeAndShow(
                        out, () -> client.again(message.number()).stream().toList(), true);
            }
            return;
        }
        again.forEach(message -> writer.warnOfClock(shell.notices(), message.chat()));
        List<Long> numbers = again.stream()
                .flatMap(message -> client.again(message.number()).stream())
                .toList();
        try {
            sendOff(numbers);
        } finally {
            numbers.stream()
                    .flatMap(number -> client.messages().find(number).stream())
                    .forEach(message -> out.println(shell.views().message(message, true)));
            out.flush();
        }
    }

    /** Returns a message that is in doubt or rejected, or refuses. */
    private Message unsureOrRefused(long number) {
        return shell.client()
                .messages()
                .find(number)
                .filter(message -> message.outgoing()
                        && (message.state() == DeliveryState.UNSURE || message.state() == DeliveryState.REFUSED))
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.USAGE, shell.texts().say("resend.not-unsure", number)));
    }

    @Command(group = Syntax.GROUP, name = "dismiss", description = "Stop counting what was refused or is in doubt")
    void dismiss(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        Messages messages = shell.client().messages();
        PrintWriter out = context.outputWriter();
        if (arguments.has(0)) {
            long number = unsureOrRefused(messageArguments.number(arguments.required(0)))
                    .number();
            shell.client().outgoing().acknowledge(number);
            out.println(shell.texts().say("dismiss.one", number));
            return;
        }
        List<Message> all = new ArrayList<>(messages.unacknowledged(DeliveryState.REFUSED));
        all.addAll(messages.unacknowledged(DeliveryState.UNSURE));
        all.forEach(message -> shell.client().outgoing().acknowledge(message.number()));
        List<RefusedGroup> groups = shell.client().pendingGroups().refused();
        groups.forEach(
                group -> shell.client().pendingGroups().remove(group.group().number()));
        int count = all.size() + groups.size();
        out.println(
                count == 0 ? shell.texts().say("dismiss.none") : shell.texts().count("dismiss.done", count));
    }
}
