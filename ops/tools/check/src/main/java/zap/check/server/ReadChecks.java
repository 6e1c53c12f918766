package zap.check.server;

import java.util.List;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of 08 and 09. */
final class ReadChecks {

    private ReadChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.READ, "1.1", "3.1")
                .required(1, "read", stage -> read(stage.client("ana"), stage.client("bob"), stage.second()))
                .required(
                        2,
                        "receipt-fields",
                        stage -> {
                            Actor bob = stage.client("bob");
                            Stage.requireField(read(stage.client("ana"), bob, stage.second()), "dst", bob.id());
                        },
                        "6.1")
                .required(
                        3,
                        "read",
                        stage -> {
                            long second = stage.second();
                            WireFrame receipt = read(stage.client("ana"), stage.client("bob"), second);
                            Stage.requireField(receipt, "timestamp", Stage.time(second));
                        },
                        "6.1")
                .expected(4, "read", ReadChecks::readerHearsNothing, "6.1")
                .expected(5, "offline", ReadChecks::waitsForTheWriter, "6.1", "4.1")
                .expected(6, "read", ReadChecks::inSteps, "6.3")
                .expected(7, "read", ReadChecks::again, "6.3")
                .expected(8, "read", ReadChecks::writerOnly, "6.1")
                .expected(9, "read", ReadChecks::ofMailThatWaited, "6.1", "4.1")
                .robust(10, "unknown-id", ReadChecks::ofTheUnknown, "6.1");
    }

    private static WireFrame read(Actor ana, Actor bob, long second) throws InterruptedException {
        ana.send(bob, second, "read me");
        bob.awaitText("read me");
        bob.read(ana, second);
        return ana.await(FrameType.READ_RECEIPT);
    }

    private static void readerHearsNothing(Stage stage) throws InterruptedException {
        Actor bob = stage.client("bob");
        read(stage.client("ana"), bob, stage.second());
        bob.expectNo(FrameType.READ_RECEIPT);
    }

    private static void waitsForTheWriter(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long second = stage.second();
        ana.send(bob, second, "read me");
        bob.awaitText("read me");
        ana.leave();
        bob.read(ana, second);
        stage.settle();
        ana.comeBack().await(FrameType.READ_RECEIPT);
    }

    private static void inSteps(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        for (int i = 1; i <= 2; i++) {
            long second = stage.second();
            ana.send(bob, second, "page " + i);
            bob.awaitText("page " + i);
            bob.read(ana, second);
            Stage.requireField(ana.await(FrameType.READ_RECEIPT), "timestamp", Stage.time(second));
        }
    }

    private static void again(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long second = stage.second();
        read(ana, bob, second);
        bob.read(ana, second);
        List<WireFrame> more = ana.allOf(FrameType.READ_RECEIPT);
        Stage.require(
                more.stream().allMatch(frame -> frame.field("timestamp").equals(Stage.time(second))),
                Phrase.of("expected.same-receipt", Stage.time(second)),
                Phrase.of("actual.frames", "ana", more));
    }

    private static void writerOnly(Stage stage) throws InterruptedException {
        Actor carla = stage.client("carla");
        read(stage.client("ana"), stage.client("bob"), stage.second());
        carla.expectNo(FrameType.READ_RECEIPT);
    }

    private static void ofMailThatWaited(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        long second = stage.second();
        ana.send(bob, second, "read me later");
        stage.settle();
        bob.comeBack().awaitText("read me later");
        bob.read(ana, second);
        ana.await(FrameType.READ_RECEIPT);
    }

    private static void ofTheUnknown(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        bob.say(FrameType.READ, stage.unknownId(bob), Stage.time(stage.second()));
        stage.settle();
        read(ana, bob, stage.second());
    }
}
