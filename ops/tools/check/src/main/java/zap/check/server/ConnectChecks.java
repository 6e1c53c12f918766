package zap.check.server;

import java.util.List;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of 03. */
final class ConnectChecks {

    private ConnectChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.CONNECT, "1.1")
                .required(1, "connect", ConnectChecks::comesBack)
                .expected(2, "connect", ConnectChecks::nothingWaits, "2.1")
                .expected(3, "connect", ConnectChecks::afterRegister, "3.1")
                .expected(4, "stale-connection", ConnectChecks::manyTimes, "2.1")
                .expected(5, "stale-connection", ConnectChecks::newestWins, "2.1")
                .expected(6, "connect", ConnectChecks::ownMailOnly, "4.1")
                .expected(7, "connect-answer", ConnectChecks::knownAnswer, "1.1")
                .robust(8, "stale-connection", ConnectChecks::oldOneCloses, "2.5")
                .robust(9, "unknown-id", ConnectChecks::unknown, "3.1");
    }

    private static void comesBack(Stage stage) throws InterruptedException {
        Actor bob = stage.offlineClient("bob");
        bob.comeBack();
        Actor ana = stage.client("ana");
        stage.settle();
        ana.send(bob, stage.second(), "you are back");
        bob.awaitText("you are back");
    }

    private static void nothingWaits(Stage stage) throws InterruptedException {
        Actor bob = stage.offlineClient("bob");
        bob.comeBack().expectNo(FrameType.DELIVER);
    }

    private static void afterRegister(Stage stage) throws InterruptedException {
        Actor bob = stage.client("bob").returns();
        Actor ana = stage.client("ana");
        stage.settle();
        ana.send(bob, stage.second(), "said 03 after 02");
        bob.expectTexts(List.of("said 03 after 02"));
    }

    private static void manyTimes(Stage stage) throws InterruptedException {
        Actor bob = stage.client("bob");
        for (int i = 0; i < 8; i++) {
            bob.leave();
            bob.comeBack();
        }
        stage.settle();
        Actor ana = stage.client("ana");
        ana.send(bob, stage.second(), "the ninth connection");
        bob.awaitText("the ninth connection");
    }

    private static void newestWins(Stage stage) throws InterruptedException {
        Actor old = stage.client("bob");
        Actor young = stage.again(old, "bob again").returns();
        stage.settle();
        Actor ana = stage.client("ana");
        ana.send(young, stage.second(), "to the newer one");
        young.awaitText("to the newer one");
    }

    private static void oldOneCloses(Stage stage) throws InterruptedException {
        Actor old = stage.client("bob");
        Actor young = stage.again(old, "bob again").returns();
        stage.settle();
        old.wire().close();
        stage.settle();
        Actor ana = stage.client("ana");
        ana.send(young, stage.second(), "the older one has gone");
        young.awaitText("the older one has gone");
    }

    private static void ownMailOnly(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        Actor carla = stage.offlineClient("carla");
        ana.send(bob, stage.second(), "only for bob");
        stage.settle();
        carla.comeBack().expectNo(FrameType.DELIVER);
        bob.comeBack().awaitText("only for bob");
    }

    private static void knownAnswer(Stage stage) throws InterruptedException {
        Actor bob = stage.offlineClient("bob");
        bob.comeBack();
        bob.listen(stage.quiet(), () -> false);
        boolean adapts = !stage.dialect().strict();
        List<WireFrame> others = bob.inbox().stream()
                .filter(frame -> !(adapts
                        && (frame.type() == FrameType.CONNECTED || frame.type() == FrameType.CONNECT)
                        && frame.field("id").equals(bob.id())))
                .toList();
        String text = bob.noFrame();
        boolean greeted = stage.dialect().greets();
        Stage.require(
                others.isEmpty() && (text == null || greeted),
                Phrase.of("expected.known-answer"),
                others.isEmpty()
                        ? Phrase.of("actual.no-frame", "bob", Shown.quoted(String.valueOf(text)))
                        : Phrase.of("actual.frames", "bob", others));
    }

    private static void unknown(Stage stage) throws InterruptedException {
        Actor bob = stage.client("bob");
        Actor mallory = stage.stranger("mallory");
        mallory.is(stage.unknownId(bob));
        mallory.returns();
        mallory.expectNo(FrameType.DELIVER);
        stage.stillServes();
    }
}
