package zap.check.server;

import java.util.List;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of 07. */
final class DeliveredChecks {

    private DeliveredChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.DELIVERED, "1.1", "3.1")
                .required(1, "receipt", stage -> online(stage))
                .required(
                        2,
                        "receipt-fields",
                        stage -> {
                            Actor bob = stage.client("bob");
                            WireFrame receipt = online(stage.client("ana"), bob, stage.second());
                            Stage.requireField(receipt, "dst", bob.id());
                        },
                        "5.1")
                .required(
                        3,
                        "receipt-clock",
                        stage -> {
                            long second = stage.second();
                            WireFrame receipt = online(stage.client("ana"), stage.client("bob"), second);
                            Stage.requireField(receipt, "timestamp", Stage.time(second));
                        },
                        "5.1")
                .expected(4, "false-receipt", DeliveredChecks::notWhileOffline, "4.1")
                .expected(5, "receipt", DeliveredChecks::afterOffline, "5.1", "4.1", "5.4")
                .expected(6, "receipt", DeliveredChecks::forTheAbsentSender, "5.1", "4.1", "5.4")
                .expected(7, "false-receipt", DeliveredChecks::notForTheUnknown)
                .expected(8, "receipt", DeliveredChecks::notToTheRecipient, "5.1")
                .expected(9, "receipt-clock", DeliveredChecks::upToTheLast, "5.1", "5.3")
                .expected(10, "receipt-fields", DeliveredChecks::ofTwoRecipients, "5.2")
                .expected(11, "receipt", DeliveredChecks::notRead, "5.1")
                .expected(12, "false-receipt", DeliveredChecks::oneIsOffline, "5.1", "5.2", "5.4")
                .expected(13, "receipt", DeliveredChecks::notForAll, "5.1");
    }

    private static void online(Stage stage) throws InterruptedException {
        online(stage.client("ana"), stage.client("bob"), stage.second());
    }

    private static WireFrame online(Actor ana, Actor bob, long second) throws InterruptedException {
        ana.send(bob, second, "oi, Bob");
        bob.awaitText("oi, Bob");
        return ana.await(FrameType.DELIVERED);
    }

    private static void notWhileOffline(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), "not yet");
        ana.expectNo(FrameType.DELIVERED);
    }

    private static void afterOffline(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        long second = stage.second();
        ana.send(bob, second, "later");
        stage.settle();
        bob.comeBack().awaitText("later");
        ana.awaitDelivered(bob, second);
    }

    private static void forTheAbsentSender(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        long second = stage.second();
        ana.send(bob, second, "later");
        stage.settle();
        ana.leave();
        bob.comeBack().awaitText("later");
        stage.settle();
        ana.comeBack().awaitDelivered(bob, second);
    }

    private static void notForTheUnknown(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        ana.send(stage.unknownId(ana), stage.second(), "is anybody there?");
        ana.expectNo(FrameType.DELIVERED);
    }

    private static void notToTheRecipient(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        online(ana, bob, stage.second());
        bob.expectNo(FrameType.DELIVERED);
    }

    private static void upToTheLast(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long last = 0;
        for (int i = 1; i <= 3; i++) {
            last = stage.second();
            ana.send(bob, last, "message " + i);
        }
        bob.awaitText("message 3");
        String time = Stage.time(last);
        ana.await(
                FrameType.DELIVERED,
                Phrase.of("expected.delivered", "ana", bob.id(), time),
                frame -> frame.field("timestamp").equals(time));
    }

    private static void ofTwoRecipients(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        for (Actor to : List.of(bob, carla)) {
            ana.send(to, stage.second(), "to " + to.name());
            to.awaitText("to " + to.name());
            Stage.requireField(ana.await(FrameType.DELIVERED), "dst", to.id());
        }
    }

    private static void notRead(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        online(ana, bob, stage.second());
        ana.expectNo(FrameType.READ_RECEIPT);
    }

    private static void oneIsOffline(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.offlineClient("carla");
        ana.send(carla, stage.second(), "to carla");
        ana.send(bob, stage.second(), "to bob");
        bob.awaitText("to bob");
        ana.expectNo(FrameType.DELIVERED, frame -> frame.field("dst").equals(carla.id()));
    }

    private static void notForAll(Stage stage) throws InterruptedException {
        Actor carla = stage.client("carla");
        online(stage.client("ana"), stage.client("bob"), stage.second());
        carla.expectNo(FrameType.DELIVERED);
    }
}
