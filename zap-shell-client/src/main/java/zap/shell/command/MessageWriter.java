package zap.shell.command;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ShellContext;
import zap.shell.command.view.LiveView;
import zap.shell.connection.ServerConnection;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;

/** Writes messages in a session, and shows them. */
final class MessageWriter {

    private static final Duration A_MOMENT = Duration.ofMillis(150);

    private final ShellContext shell;
    private final LiveView live;

    MessageWriter(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
    }

    /** Warns if the last message of this chat is dated in the future, because the next one will not be. */
    void warnOfClock(PrintWriter to, Address chat) {
        Instant now = shell.client().clock().instant();
        shell.client().outgoing().lastDateAhead(chat, now).ifPresent(date -> {
            to.println(shell.style()
                    .warning(shell.texts()
                            .say(
                                    "send.clock",
                                    shell.views().moment(date.toInstant()),
                                    shell.views().moment(now))));
            to.flush();
        });
    }

    /** Waits a moment for the server to confirm or reject these, so that the line shows the result. */
    private void awaitConfirmation(List<Long> numbers) {
        ProfileClient client = shell.client();
        if (client.state()
                .filter(s -> s.phase() == ServerConnection.Phase.ONLINE)
                .isPresent()) {
            client.await(A_MOMENT, () -> isSettled(numbers));
        }
    }

    private boolean isSettled(List<Long> numbers) {
        return numbers.stream()
                .allMatch(number -> shell.client()
                        .messages()
                        .find(number)
                        .filter(m -> m.state() == DeliveryState.AT_SERVER || m.state() == DeliveryState.REFUSED)
                        .isPresent());
    }

    /**
     * Writes messages and shows them with their present state. Later changes of the state appear as lines of their own.
     *
     * @param writing returns the numbers of the messages that it has put into the outbox
     * @param withChat whether the line names the chat
     */
    void writeAndShow(PrintWriter out, Supplier<List<Long>> writing, boolean withChat) {
        live.holdReceipts();
        var shown = new ArrayList<Message>();
        try {
            List<Long> numbers = writing.get();
            if (numbers.size() > 1) {
                out.println(shell.style().dim(shell.texts().say("send.split", numbers.size(), Body.MAX_CODE_POINTS)));
            }
            awaitConfirmation(numbers);
            for (long number : numbers) {
                shell.client().messages().find(number).ifPresent(message -> {
                    out.println(shell.views().message(message, withChat));
                    shown.add(message);
                });
            }
            out.flush();
        } finally {
            live.nowOnScreen(shown);
        }
    }
}
