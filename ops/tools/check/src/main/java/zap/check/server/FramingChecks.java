package zap.check.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.check.report.Level;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of where a frame ends: TCP is a stream, and one {@code recv} is not one frame. */
final class FramingChecks {

    /** The time between two parts: longer than a packet takes, shorter than any pause that means something. */
    private static final int GAP_MILLIS = 40;

    private FramingChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.FRAMING, "1.1", "3.1")
                .robust(1, "recv-glued", stage -> glued(stage, 2))
                .robust(2, "recv-glued", stage -> glued(stage, 10), "9.1")
                .robust(3, "recv-split", stage -> split(stage, 20))
                .robust(4, "recv-split", stage -> split(stage, 1))
                .robust(5, "recv-split", FramingChecks::byteByByte, "9.3")
                .fullWidth(Level.ROBUST, 6, "recv-split", stage -> split(stage, 150))
                .fullWidth(Level.ROBUST, 7, "recv-split", FramingChecks::insideACharacter, "9.6")
                .robust(8, "recv-split", FramingChecks::splitRegister)
                .robust(9, "recv-split", FramingChecks::splitConnect, "2.1")
                .fullWidth(Level.ROBUST, 10, "recv-glued", FramingChecks::connectAndSend, "2.1")
                .fullWidth(Level.ROBUST, 11, "recv-glued", FramingChecks::sendAndRead, "6.1")
                .robust(12, "recv-glued", FramingChecks::oneAndAHalf, "9.1", "9.3")
                .robust(13, "recv-glued", FramingChecks::withoutAPause, "9.1")
                .robust(14, "recv-split", FramingChecks::groupInPieces, "7.2")
                .fullWidth(Level.ROBUST, 15, "recv-glued", FramingChecks::wideTextsGlued, "9.1", "8.5");
    }

    private static byte[] message(Stage stage, Actor from, Actor to, String text) {
        return stage.dialect()
                .encode(WireFrame.of(FrameType.SEND, from.id(), to.id(), Stage.time(stage.second()), text));
    }

    private static void glued(Stage stage, int count) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        var texts = new ArrayList<String>();
        byte[] all = {};
        for (int i = 1; i <= count; i++) {
            texts.add("glued " + i);
            all = Stage.glued(all, message(stage, ana, bob, "glued " + i));
        }
        ana.wire().sendWhole(all);
        bob.expectTexts(texts);
    }

    private static void split(Stage stage, int at) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        sendInTwo(ana, message(stage, ana, bob, "in two pieces"), at);
        bob.expectTexts(List.of("in two pieces"));
    }

    private static void sendInTwo(Actor from, byte[] bytes, int at) throws InterruptedException {
        from.wire().sendWhole(Arrays.copyOfRange(bytes, 0, at));
        Thread.sleep(GAP_MILLIS); // so that the parts are two segments
        from.wire().sendPart(Arrays.copyOfRange(bytes, at, bytes.length));
    }

    private static void byteByByte(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        byte[] bytes = message(stage, ana, bob, "byte by byte");
        // A text without padding must come in one piece: a pause ends it.
        int single = 36;
        for (int i = 0; i < single; i++) {
            ana.wire().sendPart(new byte[] {bytes[i]});
            Thread.sleep(3); // so that the bytes are segments of their own
        }
        ana.wire().sendPart(Arrays.copyOfRange(bytes, single, bytes.length));
        bob.expectTexts(List.of("byte by byte"));
    }

    private static void insideACharacter(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        byte[] bytes = message(stage, ana, bob, "🦜🦜🦜");
        // Behind the fixed part, in the middle of the second parrot's four bytes.
        sendInTwo(ana, bytes, Shown.fixedWidth(FrameType.SEND) + 6);
        bob.expectTexts(List.of("🦜🦜🦜"));
    }

    private static void splitRegister(Stage stage) throws InterruptedException {
        Actor ana = stage.stranger("ana");
        sendInTwo(ana, stage.dialect().encode(WireFrame.of(FrameType.REGISTER)), 1);
        ana.await(FrameType.REGISTERED);
    }

    private static void splitConnect(Stage stage) throws InterruptedException {
        Actor bob = stage.offlineClient("bob");
        bob.connect();
        sendInTwo(bob, stage.dialect().encode(WireFrame.of(FrameType.CONNECT, bob.id())), 6);
        stage.settle();
        Actor ana = stage.client("ana");
        ana.send(bob, stage.second(), "after a 03 in two pieces");
        bob.awaitText("after a 03 in two pieces");
    }

    private static void connectAndSend(Stage stage) throws InterruptedException {
        Actor ana = stage.offlineClient("ana");
        Actor bob = stage.client("bob");
        ana.connect();
        ana.wire()
                .sendWhole(Stage.glued(
                        stage.dialect().encode(WireFrame.of(FrameType.CONNECT, ana.id())),
                        message(stage, ana, bob, "right after 03")));
        bob.awaitText("right after 03");
    }

    private static void sendAndRead(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        long second = stage.second();
        ana.send(bob, second, "question");
        bob.awaitText("question");
        bob.wire()
                .sendWhole(Stage.glued(
                        message(stage, bob, ana, "answer"),
                        stage.dialect().encode(WireFrame.of(FrameType.READ, ana.id(), Stage.time(second)))));
        ana.awaitText("answer");
        ana.await(FrameType.READ_RECEIPT);
    }

    private static void oneAndAHalf(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        byte[] first = message(stage, ana, bob, "first");
        byte[] second = message(stage, ana, bob, "second");
        sendInTwo(ana, Stage.glued(first, second), first.length + 25);
        bob.expectTexts(List.of("first", "second"));
    }

    private static void withoutAPause(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        var texts = new ArrayList<String>();
        int count = stage.dialect().fullWidth() ? 100 : 20;
        for (int i = 1; i <= count; i++) {
            texts.add("no pause " + i + ".");
            ana.wire().sendPart(message(stage, ana, bob, texts.getLast()));
        }
        bob.expectTexts(texts);
    }

    private static void groupInPieces(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        WireFrame frame = WireFrame.of(FrameType.CREATE_GROUP, ana.id(), Stage.time(stage.second()), bob.id());
        sendInTwo(ana, stage.dialect().encode(frame), 12);
        bob.await(FrameType.GROUP_CREATED);
    }

    private static void wideTextsGlued(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        var texts = List.of("🦜 one", "ação dois", "three");
        byte[] all = {};
        for (String text : texts) {
            all = Stage.glued(all, message(stage, ana, bob, text));
        }
        ana.wire().sendWhole(all);
        bob.expectTexts(texts);
    }
}
