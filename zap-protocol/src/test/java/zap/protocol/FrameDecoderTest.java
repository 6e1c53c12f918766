package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {

    private final FrameDecoder decoder = new FrameDecoder();
    private final FrameEncoder encoder = new FrameEncoder();

    @Test
    void aFrameOfEachTypeComesBackAsItWasSent() throws MalformedFrameException {
        ClientId me = ClientId.parse("1000000000017");
        PosixTime now = new PosixTime(1795372030);
        byte[] key = new byte[32];
        key[0] = (byte) 0xC3;
        List<Frame> frames = List.of(
                new Frame.Register(),
                new Frame.Registered(me),
                new Frame.Connect(me),
                new Frame.Send(me, Address.parse("1739250018846"), now, Body.of("olá 🦜")),
                new Frame.Deliver(me, Address.parse("1739250018846"), now, Body.EMPTY),
                new Frame.Delivered(me, now),
                new Frame.Read(me, now),
                new Frame.ReadReceipt(me, now),
                new Frame.CreateGroup(me, now, List.of(me, me)),
                new Frame.GroupCreated(GroupId.parse("2450000000031"), now, List.of(me)),
                new Frame.Hello(1),
                new Frame.Welcome(1, Nonce.of(key)),
                new Frame.RegisterKey(PublicKeyBytes.of(key), SignatureBytes.NONE),
                new Frame.Resume(me, new StreamId(7), new Position(Long.MAX_VALUE), SignatureBytes.NONE),
                new Frame.Resumed(12, new Position(41)),
                new Frame.Accepted(13),
                new Frame.Received(new Position(42)),
                new Frame.Ping(),
                new Frame.Refused(14, Reason.UNKNOWN_CLIENT));
        for (Frame frame : frames) {
            ByteBuffer in = ByteBuffer.wrap(encoder.encode(frame));
            assertThat(decoder.decode(in)).isEqualTo(frame);
            assertThat(in.hasRemaining()).isFalse();
        }
    }
}
