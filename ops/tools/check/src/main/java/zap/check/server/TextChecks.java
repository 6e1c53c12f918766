package zap.check.server;

import java.util.List;
import zap.check.report.Level;
import zap.protocol.FrameType;

/** Checks of the text of a message: UTF-8, and a width in characters. */
final class TextChecks {

    private static final int WIDTH = FrameType.SEND.fields().getLast().width();

    private TextChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.TEXT, "1.1", "3.1")
                .required(1, "utf-8", stage -> unchanged(stage, "São Paulo: não, ação, é, ü"))
                .required(2, "width", stage -> unchanged(stage, "x".repeat(WIDTH)))
                .required(3, "width", stage -> unchanged(stage, "ã".repeat(WIDTH)), "8.1")
                .required(4, "width", stage -> unchanged(stage, "漢".repeat(WIDTH)), "8.1")
                .required(5, "width", stage -> unchanged(stage, "🦜".repeat(WIDTH)), "8.1")
                .expected(6, "utf-8", stage -> unchanged(stage, "한국어 العربية עברית ไทย ελληνικά русский"), "8.1")
                .expected(
                        7,
                        "utf-8",
                        stage -> unchanged(
                                stage, "e\u0301 👩\u200d👩\u200d👧 \ud83c\udde7\ud83c\uddf7 \u202eabc\u202c \ufeffx"),
                        "8.1")
                .expected(8, "padding", stage -> unchanged(stage, "   three blanks before, two  between"))
                .expected(9, "padding", stage -> unchanged(stage, "x"))
                .expected(10, "padding", TextChecks::empty)
                .expected(11, "width", TextChecks::nextFrame, "8.1")
                .expected(
                        12, "text-not-code", stage -> unchanged(stage, "%s %d {} \\n \" ' ; -- <b>&amp;</b> $(x) |,:#"))
                .expected(13, "text-not-code", stage -> unchanged(stage, "07 01 03 exit QUIT /sair 12345"))
                .fullWidth(Level.EXPECTED, 14, "padding", stage -> unchanged(stage, "one\ntwo\r\nthree\tfour"))
                .expected(15, "utf-8", TextChecks::offline, "8.1", "4.1")
                .expected(16, "width", stage -> unchanged(stage, "x".repeat(WIDTH - 1)))
                .expected(17, "width", TextChecks::mixed, "8.3", "8.5");
    }

    private static void unchanged(Stage stage, String text) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), text);
        bob.awaitText(text);
    }

    private static void empty(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), "");
        bob.awaitText("");
    }

    private static void nextFrame(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), "ação e reação");
        ana.send(bob, stage.second(), "plain");
        bob.expectTexts(List.of("ação e reação", "plain"));
    }

    private static void offline(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), "até amanhã 🦜");
        stage.settle();
        bob.comeBack().awaitText("até amanhã 🦜");
    }

    private static void mixed(Stage stage) throws InterruptedException {
        String text = "aã漢🦜".repeat(WIDTH / 4) + "é!";
        unchanged(stage, text);
    }
}
