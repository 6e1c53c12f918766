package zap.check.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import zap.check.report.CheckFailure;
import zap.protocol.FrameType;

/** Checks of what no client should send: it must not harm the server, nor other clients. They run alone. */
final class BadInputChecks {

    private BadInputChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.BAD_INPUT, "1.1", "3.1")
                .harsh(1, "bad-bytes", stage -> survives(stage, "99nothing has this code"))
                .harsh(2, "bad-bytes", stage -> survives(stage, "hello, is this a chat?\n"))
                .harsh(3, "bad-bytes", stage -> survives(stage, "03abcdefghijklm"))
                .harsh(4, "bad-bytes", stage -> survives(stage, "GET / HTTP/1.1\r\nHost: zap\r\n\r\n"))
                .harsh(5, "bad-bytes", stage -> survives(stage, "\0".repeat(256)))
                .harsh(6, "bad-bytes", BadInputChecks::brokenUtf8)
                .harsh(7, "bad-bytes", BadInputChecks::garbage)
                .harsh(8, "hang-up", BadInputChecks::hangsUpInAFrame)
                .harsh(9, "hang-up", BadInputChecks::resetInAFrame)
                .harsh(10, "unknown-id", BadInputChecks::unknownRecipient)
                .harsh(11, "identity", BadInputChecks::spoofedSender)
                .harsh(12, "identity", BadInputChecks::beforeRegistering)
                .harsh(13, "identity", BadInputChecks::serverFrames)
                .harsh(14, "identity", BadInputChecks::registersTwice)
                .harsh(15, "identity", BadInputChecks::spoofedCreator, "7.2")
                .harsh(16, "bad-bytes", BadInputChecks::lettersInATimestamp)
                .harsh(17, "bad-bytes", stage -> survives(stage, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001"))
                .harsh(18, "hang-up", BadInputChecks::saysNothingAndLeaves);
    }

    /** Sends something that is no frame on a connection of its own; other clients must not notice. */
    private static void survives(Stage stage, String nonsense) throws InterruptedException {
        survives(stage, nonsense.getBytes(UTF_8));
    }

    private static void survives(Stage stage, byte[] nonsense) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.stranger("mallory");
        sendAndForgive(mallory, nonsense);
        stage.settle();
        ana.send(bob, stage.second(), "still connected");
        bob.awaitText("still connected");
        mallory.wire().close();
        stage.stillServes();
    }

    /** A server may close the connection while nonsense is still being sent. */
    private static void sendAndForgive(Actor mallory, byte[] nonsense) {
        try {
            mallory.wire().sendPart(nonsense);
        } catch (CheckFailure e) {
            // It has been closed, which is a good answer.
        }
    }

    private static void brokenUtf8(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.client("mallory");
        byte[] head = ("05" + mallory.id() + bob.id() + Stage.time(stage.second())).getBytes(UTF_8);
        sendAndForgive(
                mallory,
                Stage.glued(
                        head,
                        "broken \u00ff\u00fe\u00c3 text".getBytes(ISO_8859_1),
                        " ".repeat(210).getBytes(UTF_8)));
        stage.settle();
        ana.send(bob, stage.second(), "still connected");
        bob.awaitText("still connected");
    }

    private static void garbage(Stage stage) throws InterruptedException {
        byte[] bytes = new byte[64 * 1024];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (31 * i + (i >> 8));
        }
        survives(stage, bytes);
    }

    private static void hangsUpInAFrame(Stage stage) throws InterruptedException {
        Actor mallory = stage.client("mallory");
        mallory.wire().sendPart(("05" + mallory.id()).getBytes(UTF_8));
        mallory.leave();
        stage.stillServes();
    }

    private static void resetInAFrame(Stage stage) throws InterruptedException {
        Actor mallory = stage.client("mallory");
        mallory.wire().sendPart(("05" + mallory.id()).getBytes(UTF_8));
        mallory.wire().breakOff();
        stage.settle();
        stage.stillServes();
    }

    private static void saysNothingAndLeaves(Stage stage) throws InterruptedException {
        stage.stranger("mallory").wire().breakOff();
        stage.stranger("mallory").leave();
        stage.stillServes();
    }

    private static void unknownRecipient(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(stage.unknownId(ana), stage.second(), "is anybody there?");
        stage.settle();
        ana.send(bob, stage.second(), "my connection lives");
        bob.awaitText("my connection lives");
    }

    private static void spoofedSender(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.client("mallory");
        mallory.say(FrameType.SEND, ana.id(), bob.id(), Stage.time(stage.second()), "I owe you a thousand");
        bob.expectNo(FrameType.DELIVER, frame -> frame.field("src").equals(ana.id()));
    }

    private static void beforeRegistering(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.stranger("mallory");
        mallory.say(FrameType.SEND, ana.id(), bob.id(), Stage.time(stage.second()), "I am ana");
        bob.expectNo(FrameType.DELIVER);
        stage.stillServes();
    }

    private static void serverFrames(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.client("mallory");
        mallory.say(FrameType.DELIVER, ana.id(), bob.id(), Stage.time(stage.second()), "I am the server");
        mallory.say(FrameType.DELIVERED, bob.id(), Stage.time(stage.second()));
        bob.expectNo(FrameType.DELIVER);
        ana.expectNo(FrameType.DELIVERED);
        stage.stillServes();
    }

    private static void registersTwice(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.say(FrameType.REGISTER);
        stage.settle();
        bob.send(ana, stage.second(), "are you still ana?");
        ana.awaitText("are you still ana?");
    }

    private static void spoofedCreator(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.client("mallory");
        mallory.say(FrameType.CREATE_GROUP, ana.id(), Stage.time(stage.second()), bob.id());
        bob.expectNo(FrameType.GROUP_CREATED);
    }

    private static void lettersInATimestamp(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.client("mallory");
        sendAndForgive(mallory, ("05" + mallory.id() + bob.id() + "yesterday!" + " ".repeat(218)).getBytes(UTF_8));
        stage.settle();
        ana.send(bob, stage.second(), "still connected");
        bob.awaitText("still connected");
    }
}
