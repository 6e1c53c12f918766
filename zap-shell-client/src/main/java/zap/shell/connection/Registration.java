package zap.shell.connection;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;

/** Asks a server for a new number: 01 and 02 on a connection of its own. */
public final class Registration {

    private Registration() {}

    /**
     * Asks, and waits for the answer.
     *
     * @throws IOException when there is none, or it cannot be read
     */
    public static ClientId at(Transport.Dialer dialer, Wire wire, Duration patience) throws IOException {
        try (Transport transport = dialer.dial()) {
            transport.write(wire.encode(new Frame.Register()));
            var buffer = ByteBuffer.allocate(16 * 1024);
            long end = System.nanoTime() + patience.toNanos();
            while (System.nanoTime() < end) {
                boolean mayBeWhole = buffer.position() > 0 && !wire.pause().isZero();
                int count = transport.read(buffer, mayBeWhole ? wire.pause() : patience);
                buffer.flip();
                for (Frame frame : wire.decode(buffer, count <= 0)) {
                    if (frame instanceof Frame.Registered(ClientId id)) {
                        transport.finishWriting();
                        return id;
                    }
                }
                buffer.compact();
                if (count < 0) {
                    throw new IOException("the server hung up without giving a number");
                }
            }
            throw new SocketTimeoutException("the server did not answer");
        } catch (MalformedFrameException e) {
            throw new IOException("the server does not speak zap: " + e.getMessage(), e);
        }
    }
}
