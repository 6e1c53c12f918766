package zap.server.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** Frame boundaries: the width of a frame tells its end, and nothing that the network does. */
@ZapServerTest
class FramingIT {

    @Autowired
    private TestedServer server;

    private WireClient ana;
    private WireClient bob;
    private String anasId;
    private String bobsId;

    @BeforeEach
    void register() {
        ana = server.connect("ana");
        bob = server.connect("bob");
        anasId = ana.register();
        bobsId = bob.register();
    }

    @AfterEach
    void hangUp() {
        ana.close();
        bob.close();
    }

    @Test
    void aFrameMayComeOneByteAtATime() {
        String text = "One byte at a time: é, €, 🦜.";
        for (byte b : send(anasId, bobsId, 1795372031, text).getBytes(UTF_8)) {
            ana.send(new byte[] {b});
        }
        bob.expectFrame(deliver(anasId, bobsId, 1795372031, text));
        ana.expectFrame(delivered(bobsId, 1795372031));
    }

    @Test
    void threeHundredFramesMayComeInOneWrite() {
        var all = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            all.append(send(anasId, bobsId, 1795372031 + i, "number " + i));
        }
        ana.send(all.toString());
        for (int i = 0; i < 300; i++) {
            bob.expectFrame(deliver(anasId, bobsId, 1795372031 + i, "number " + i));
        }
    }

    @Test
    void threeHundredOfTheWidestFramesMayComeInOneWrite() {
        String parrots = "🦜".repeat(218);
        ana.send(send(anasId, bobsId, 1795372031, parrots).repeat(300));
        for (int i = 0; i < 300; i++) {
            bob.expectFrame(deliver(anasId, bobsId, 1795372031, parrots));
        }
    }

    /** Every code, every width, characters of one to four bytes, cut wherever chance wants it. */
    @Test
    void frameBoundariesDoNotDependOnPacketBoundaries() {
        long seed = Long.getLong("zap.seed", 20261122);
        var random = new SplittableRandom(seed);
        List<String> texts = List.of("", "x", "é".repeat(218), "€uro", "🦜".repeat(217) + "!", "\n\t ", "05" + anasId);
        var sent = new StringBuilder();
        var expected = new ArrayList<String>();
        for (int i = 0; i < 200; i++) {
            String text = texts.get(random.nextInt(texts.size()));
            switch (random.nextInt(3)) {
                case 0 -> {
                    sent.append(send(anasId, bobsId, i, text));
                    expected.add(deliver(anasId, bobsId, i, text));
                }
                case 1 -> {
                    sent.append("08").append(bobsId).append(String.format(Locale.ROOT, "%010d", i));
                    expected.add("09" + anasId + String.format(Locale.ROOT, "%010d", i));
                }
                default -> sent.append("03").append(anasId); // changes nothing
            }
        }
        byte[] bytes = sent.toString().getBytes(UTF_8);
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + 1 + random.nextInt(random.nextBoolean() ? 5 : 3000));
            ana.send(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        for (int i = 0; i < expected.size(); i++) {
            try {
                bob.expectFrame(expected.get(i));
            } catch (AssertionError e) {
                throw new AssertionError("frame " + i + " with -Dzap.seed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    /**
     * Under the limits of a real server: a stall of seconds, inside a character of all places, is nothing to a frame.
     */
    @Test
    void aStallOfSecondsInsideAFrameIsNoError() throws InterruptedException {
        byte[] frame = send(anasId, bobsId, 1795372031, "on a 🦜 bad line").getBytes(UTF_8);
        int insideTheParrot = 2 + 13 + 13 + 10 + "on a ".length() + 2;
        ana.send(Arrays.copyOf(frame, insideTheParrot));
        Thread.sleep(2_000); // the stall
        ana.send(Arrays.copyOfRange(frame, insideTheParrot, frame.length));
        bob.expectFrame(deliver(anasId, bobsId, 1795372031, "on a 🦜 bad line"));
        ana.expectFrame(delivered(bobsId, 1795372031));
    }

    @Test
    void whoHangsUpInsideAFrameHasSentWhatWasWholeAndNothingElse() {
        String whole = send(anasId, bobsId, 1795372031, "whole");
        ana.send(whole + whole.substring(0, 255));
        ana.saysNoMore();
        bob.expectFrame(deliver(anasId, bobsId, 1795372031, "whole"));
        ana.readToTheEnd(); // perhaps her 07; otherwise it waits for her
        bob.send(send(bobsId, bobsId, 1795372032, "marker"));
        bob.expectFrame(deliver(bobsId, bobsId, 1795372032, "marker"));
    }

    @Test
    void whoSaysAllAtOnceAndHangsUpAtOnceHasSaidIt() {
        ana.close();
        try (WireClient hasty = server.connect("ana in haste")) {
            hasty.send("03" + anasId + send(anasId, bobsId, 1795372031, "bye"));
        }
        bob.expectFrame(deliver(anasId, bobsId, 1795372031, "bye"));
    }
}
