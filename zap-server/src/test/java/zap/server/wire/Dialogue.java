package zap.server.wire;

import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import zap.server.testing.WireClient;

/** Two clients that talk with each other, to see whether others disturb them. */
final class Dialogue {

    private Dialogue() {}

    /** Each writes to the other so often, and hears the answer and the receipts, in their order. */
    static void talk(WireClient ana, String anasId, WireClient bob, String bobsId, int times) {
        for (int i = 0; i < times; i++) {
            ana.send(send(anasId, bobsId, i, "ping"));
            bob.expectFrame(deliver(anasId, bobsId, i, "ping"));
            ana.expectFrame(delivered(bobsId, i));
            bob.send(send(bobsId, anasId, i, "pong"));
            ana.expectFrame(deliver(bobsId, anasId, i, "pong"));
            bob.expectFrame(delivered(anasId, i));
        }
    }
}
