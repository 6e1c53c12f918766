package zap.check.client;

import java.util.ArrayList;
import java.util.List;
import zap.check.client.ClientCheck.Judge;
import zap.check.report.Level;

/** All checks of clients, in the order of their numbers. */
public final class ClientCatalogue {

    private final List<ClientCheck> checks = new ArrayList<>();
    private ClientSection section = ClientSection.REGISTER;

    private ClientCatalogue() {}

    /** Returns all checks. */
    public static List<ClientCheck> all() {
        var all = new ClientCatalogue();
        all.conversation();
        all.groups();
        all.bytes();
        return List.copyOf(all.checks);
    }

    /** Returns a number of a check or section with its C, which users may leave out: {@code C5.1}. */
    public static String fullNumber(String typed) {
        return "C" + (typed.startsWith("C") || typed.startsWith("c") ? typed.substring(1) : typed);
    }

    private void in(ClientSection next) {
        section = next;
    }

    private void required(int number, String hint, Judge judge, List<Act> acts, String... needs) {
        add(Level.REQUIRED, number, hint, judge, acts, false, needs);
    }

    private void expected(int number, String hint, Judge judge, List<Act> acts, String... needs) {
        add(Level.EXPECTED, number, hint, judge, acts, false, needs);
    }

    private void robust(int number, String hint, Judge judge, List<Act> acts, String... needs) {
        add(Level.ROBUST, number, hint, judge, acts, false, needs);
    }

    private void add(
            Level level, int number, String hint, Judge judge, List<Act> acts, boolean fullWidthOnly, String... needs) {
        checks.add(new ClientCheck(
                "C" + section.number() + "." + number,
                section,
                level,
                hint,
                acts,
                List.of(needs),
                fullWidthOnly,
                judge));
    }

    private void conversation() {
        List<Act> register = List.of(Act.REGISTER);
        in(ClientSection.REGISTER);
        required(1, "register", Judges::registersFirst, register);
        expected(2, "register-once", Judges::registersOnce, register, "C1.1");
        expected(3, "own-id", Judges::connectsAsItself, register, "C1.1");

        in(ClientSection.CONNECT);
        List<Act> away = List.of(Act.OFFLINE, Act.RETURN);
        required(1, "return", Judges::returnsWith03, away, "C1.1");
        required(2, "own-id", Judges::returnsAsItself, away, "C2.1");
        expected(
                3, "waiting-mail", evidence -> Judges.shown(evidence, Act.RETURN), List.of(Act.RETURN), "C2.1", "C5.1");
        expected(4, "quit", Judges::closesWhenItEnds, List.of(Act.OFFLINE));
        robust(5, "hang-up", evidence -> Judges.comesBack(evidence, Act.HANG_UP), List.of(Act.HANG_UP), "C1.1");
        robust(
                6,
                "waiting-mail",
                evidence -> Judges.shown(evidence, Act.HANG_UP),
                List.of(Act.HANG_UP),
                "C2.5",
                "C5.1");

        in(ClientSection.SEND);
        List<Act> send = List.of(Act.SEND);
        List<Act> again = List.of(Act.SEND, Act.AGAIN);
        required(1, "send", Judges::sends, send, "C1.1");
        required(2, "own-id", Judges::sendsAsItself, send, "C3.1");
        required(3, "recipient", Judges::sendsToTheRecipient, send, "C3.1");
        required(4, "timestamp", Judges::plausibleSecond, send, "C3.1", "C9.5");
        required(5, "milliseconds", Judges::noMilliseconds, send, "C3.1");
        required(6, "text", evidence -> Judges.text(evidence, Act.SEND, "oi"), send, "C3.5");
        expected(7, "clock", Judges::secondsDoNotGoBack, again, "C3.4");
        expected(8, "clock", Judges::secondsGoOn, again, "C3.7");
        expected(9, "same-text", Judges::sameTextTwice, again, "C3.1");

        in(ClientSection.TEXT);
        required(
                1,
                "utf-8",
                evidence -> Judges.text(evidence, Act.TEXT, ClientSuite.TEXT),
                List.of(Act.TEXT),
                "C3.5",
                "C3.6");
        add(Level.REQUIRED, 2, "width", Judges::widthInCharacters, List.of(Act.TEXT), true, "C3.5", "C4.1", "C9.2");
        required(3, "width", Judges::longText, List.of(Act.LONG), "C3.5", "C4.1");

        in(ClientSection.RECEIVE);
        List<Act> receive = List.of(Act.RECEIVE);
        required(1, "receive", evidence -> Judges.shown(evidence, Act.RECEIVE), receive);
        expected(2, "answer", evidence -> Judges.onlyReads(evidence, Act.RECEIVE), receive);

        in(ClientSection.READ);
        required(1, "read", Judges::reads, receive, "C5.1");
        required(2, "read-src", Judges::readsTheWriter, receive, "C6.1");
        required(3, "read-second", Judges::readsASecond, List.of(), "C6.2", "C6.5", "C6.6");
        expected(4, "read-early", Judges::readsOnlyWhatItShows, List.of());
        expected(5, "read-false", Judges::readsOnlyWhoHasWritten, List.of());
        add(Level.EXPECTED, 6, "read-half", Judges::readsNoHalfFrame, List.of(Act.CUT), true);

        in(ClientSection.RECEIPTS);
        List<Act> receipts = List.of(Act.RECEIPTS);
        expected(1, "answer", Judges::noAnswerToReceipts, receipts);
        robust(2, "stays", evidence -> Judges.stays(evidence, Act.RECEIPTS), receipts);
    }

    private void groups() {
        in(ClientSection.GROUPS);
        List<Act> group = List.of(Act.GROUP);
        List<Act> message = List.of(Act.GROUP, Act.GROUP_SEND);
        List<Act> received = List.of(Act.GROUP, Act.GROUP_RECEIVE);
        required(1, "group", Judges::createsGroup, group);
        required(2, "own-id", Judges::createsAsItself, group, "C8.1");
        required(3, "group-members", Judges::namesTheMembers, group, "C8.1");
        expected(4, "group-members", Judges::doesNotNameItself, group, "C8.1");
        required(5, "timestamp", Judges::plausibleGroupSecond, group, "C8.1", "C9.5");
        required(6, "group-send", Judges::sendsToTheGroup, message, "C8.1", "C3.1");
        expected(7, "group-send", Judges::sendsOnce, message, "C8.6");
        required(8, "receive", evidence -> Judges.shown(evidence, Act.GROUP_RECEIVE), received, "C8.1", "C5.1");
        expected(9, "read-group", Judges::readsTheWriterInAGroup, received, "C8.8", "C6.2");
        expected(10, "invited", evidence -> Judges.shown(evidence, Act.INVITED), List.of(Act.INVITED), "C5.1");
    }

    private void bytes() {
        in(ClientSection.FRAMES);
        required(1, "no-frame", Judges::onlyFrames, List.of(), "C3.5", "C11.3");
        add(Level.REQUIRED, 2, "padding", Judges::fullWidth, List.of(), true, "C3.5");
        add(Level.REQUIRED, 3, "padding-blank", Judges::blanks, List.of(), true, "C9.2");
        expected(4, "between", Judges::nothingBetween, List.of(), "C3.5", "C9.2");
        required(5, "digits", Judges::digits, List.of(), "C9.2");
        required(6, "codes", Judges::onlyFramesOfClients, List.of());

        in(ClientSection.SEGMENTS);
        segments(1, Act.SPLIT, 0, "recv-split");
        segments(2, Act.SPLIT, 1, "recv-split");
        segments(3, Act.SPLIT, 2, "recv-split");
        segments(4, Act.GLUED, 0, "recv-glued");
        segments(5, Act.GLUED, 1, "recv-glued");
        segments(6, Act.GLUED, 2, "recv-glued");
        segments(7, Act.LATE, 0, "recv-split");
        segments(8, Act.LATE, 1, "recv-split");

        in(ClientSection.TROUBLE);
        robust(1, "hang-up", evidence -> Judges.comesBack(evidence, Act.CUT), List.of(Act.CUT), "C1.1");
        robust(2, "unknown", evidence -> Judges.comesBack(evidence, Act.UNKNOWN), List.of(Act.UNKNOWN), "C1.1");
        robust(3, "flood", Judges::noFlood, List.of());
        robust(4, "dies", Judges::lives, List.of());

        in(ClientSection.STORY);
        expected(1, "story", Judges::story, List.of());
    }

    private void segments(int number, Act act, int message, String hint) {
        add(Level.ROBUST, number, hint, evidence -> Judges.shown(evidence, act, message), List.of(act), true, "C5.1");
    }
}
