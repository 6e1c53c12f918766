package zap.check.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import zap.check.report.Level;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of 05 and 06 between clients that are connected. */
final class OnlineChecks {

    private static final String HELLO = "oi, Bob";

    private OnlineChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.ONLINE, "1.1")
                .required(1, "deliver", stage -> deliver(stage))
                .required(
                        2,
                        "deliver-fields",
                        stage -> {
                            Actor ana = stage.client("ana");
                            Actor bob = stage.client("bob");
                            ana.send(bob, stage.second(), HELLO);
                            Stage.requireField(bob.awaitText(HELLO), "src", ana.id());
                        },
                        "3.1")
                .required(
                        3,
                        "deliver-fields",
                        stage -> {
                            Actor ana = stage.client("ana");
                            Actor bob = stage.client("bob");
                            ana.send(bob, stage.second(), HELLO);
                            Stage.requireField(bob.awaitText(HELLO), "dst", bob.id());
                        },
                        "3.1")
                .required(
                        4,
                        "timestamp",
                        stage -> {
                            Actor ana = stage.client("ana");
                            Actor bob = stage.client("bob");
                            long second = stage.second();
                            ana.send(bob, second, HELLO);
                            Stage.requireField(bob.awaitText(HELLO), "timestamp", Stage.time(second));
                        },
                        "3.1")
                .required(5, "deliver", OnlineChecks::atOnce, "3.1")
                .expected(
                        6,
                        "twice",
                        stage -> {
                            Actor ana = stage.client("ana");
                            Actor bob = stage.client("bob");
                            ana.send(bob, stage.second(), "only once");
                            bob.expectTexts(List.of("only once"));
                        },
                        "3.1")
                .expected(7, "order", OnlineChecks::order, "3.1")
                .expected(8, "twice", OnlineChecks::sameTextTwice, "3.1")
                .expected(9, "deliver", OnlineChecks::toOneself, "3.1")
                .expected(10, "deliver", OnlineChecks::nobodyElse, "3.1")
                .expected(11, "deliver", OnlineChecks::bothWays, "3.1")
                .expected(12, "timestamp", OnlineChecks::anyTimestamp, "3.4")
                .expected(13, "order", OnlineChecks::backwardClock, "3.1")
                .fullWidth(Level.EXPECTED, 14, "padding", OnlineChecks::width, "3.1")
                .expected(15, "deliver", OnlineChecks::answer, "3.1");
    }

    private static void deliver(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), HELLO);
        bob.awaitText(HELLO);
    }

    private static void atOnce(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long begin = System.nanoTime();
        ana.send(bob, stage.second(), HELLO);
        bob.awaitText(HELLO);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        Duration most = stage.patience().dividedBy(2);
        Stage.require(
                took.compareTo(most) < 0,
                Phrase.of("expected.at-once", most.toMillis()),
                Phrase.of("actual.took", took.toMillis()));
    }

    private static void order(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        var texts = new ArrayList<String>();
        for (int i = 1; i <= 10; i++) {
            texts.add("message " + i);
            ana.send(bob, stage.second(), "message " + i);
        }
        bob.expectTexts(texts);
    }

    private static void sameTextTwice(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long second = stage.second();
        ana.send(bob, second, "the same");
        ana.send(bob, second, "the same");
        bob.expectTexts(List.of("the same", "the same"));
    }

    private static void toOneself(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        ana.send(ana, stage.second(), "a note to myself");
        ana.awaitText("a note to myself");
    }

    private static void nobodyElse(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.send(bob, stage.second(), HELLO);
        bob.awaitText(HELLO);
        carla.expectNo(FrameType.DELIVER);
        ana.expectNo(FrameType.DELIVER);
    }

    private static void bothWays(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        for (int i = 1; i <= 5; i++) {
            ana.send(bob, stage.second(), "from ana " + i);
            bob.send(ana, stage.second(), "from bob " + i);
        }
        for (int i = 1; i <= 5; i++) {
            bob.awaitText("from ana " + i);
            ana.awaitText("from bob " + i);
        }
    }

    private static void anyTimestamp(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        for (long second : new long[] {0, 42, 9_999_999_999L}) {
            ana.send(bob, second, "at " + second);
            Stage.requireField(bob.awaitText("at " + second), "timestamp", Stage.time(second));
        }
    }

    private static void backwardClock(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long second = stage.second();
        ana.send(bob, second, "later");
        ana.send(bob, second - 5_000, "earlier");
        bob.expectTexts(List.of("later", "earlier"));
    }

    private static void width(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), "one");
        ana.send(bob, stage.second(), "two");
        bob.awaitText("one");
        WireFrame second = bob.awaitText("two");
        int width = WireFrame.codePoints(second.text(false));
        Stage.require(
                width == FrameType.DELIVER.width(),
                Phrase.of("expected.width", FrameType.DELIVER.width()),
                Phrase.of("actual.width", width));
    }

    private static void answer(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), "how are you?");
        WireFrame question = bob.awaitText("how are you?");
        bob.send(question.field("src"), stage.second(), "fine");
        ana.awaitText("fine");
    }
}
