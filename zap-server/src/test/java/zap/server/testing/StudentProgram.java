package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * A program written the way students write them: it sends a message with one {@code send}, without padding, and takes
 * the result of one {@code recv(4096)} for exactly one frame. It keeps everything after the {@code 02} as its own id.
 */
public final class StudentProgram implements AutoCloseable {

    private final WireClient wire;
    private String id = "";

    public StudentProgram(WireClient wire) {
        this.wire = wire;
    }

    /** {@code s.send(b"01"); id = s.recv(4096)[2:]} */
    public String register() {
        wire.send("01");
        String answer = wire.recv(2 + 13);
        if (!answer.startsWith("02")) {
            throw new AssertionError(wire + " does not understand " + FrameText.shown(answer));
        }
        id = answer.substring(2);
        return id;
    }

    public String id() {
        return id;
    }

    /** {@code s.send(("03" + id).encode())} */
    public StudentProgram connectAs(String known) {
        id = known;
        wire.send("03" + known);
        return this;
    }

    /** {@code s.send(("05" + id + dst + timestamp + text).encode())} */
    public void send(String dst, long timestamp, String text) {
        wire.send(sending(dst, timestamp, text));
    }

    public String sending(String dst, long timestamp, String text) {
        return "05" + id + dst + FrameText.time(timestamp) + text;
    }

    /** {@code s.send(("08" + src + timestamp).encode())} */
    public void read(String src, long timestamp) {
        wire.send("08" + src + FrameText.time(timestamp));
    }

    /** {@code s.send(("10" + id + timestamp + "".join(members)).encode())} */
    public void createGroup(long timestamp, List<String> members) {
        wire.send("10" + id + FrameText.time(timestamp) + String.join("", members));
    }

    /** Sends an arbitrary text, in one {@code send}. */
    public void sendRaw(String text) {
        wire.send(text.getBytes(UTF_8));
    }

    /** {@code frame = s.recv(4096).decode()} */
    public String recv() {
        return wire.recv();
    }

    /** Checks that one recv returns exactly this frame, not padded, and with nothing glued to it. */
    public void expect(String frame) {
        String heard = wire.recv(frame.length());
        if (!heard.equals(frame)) {
            throw new AssertionError(
                    "%s should recv %s%nbut got %s".formatted(wire, FrameText.shown(frame), FrameText.shown(heard)));
        }
    }

    public void expectMessage(String src, String dst, long timestamp, String text) {
        expect("06" + src + dst + FrameText.time(timestamp) + text);
    }

    public void expectDelivered(String dst, long timestamp) {
        expect("07" + dst + FrameText.time(timestamp));
    }

    public void expectClosed() {
        wire.expectClosed();
    }

    @Override
    public void close() {
        wire.close();
    }
}
