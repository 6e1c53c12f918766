package zap.server.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** A program that is one connection: it sends its standard input to the peer, and prints the peer's bytes. */
public final class Relay {

    private Relay() {}

    /** Connects to the host and the port in its arguments. */
    public static void main(String[] arguments) throws IOException {
        var socket = new Socket(arguments[0], Integer.parseInt(arguments[1]));
        socket.setTcpNoDelay(true);
        InputStream from = socket.getInputStream();
        OutputStream to = socket.getOutputStream();
        Thread.ofPlatform().daemon().start(() -> pass(System.in, to, socket));
        pass(from, System.out, socket);
    }

    /** Passes all bytes on until one side ends, and closes then. */
    static void pass(InputStream from, OutputStream to, Closeable atTheEnd) {
        try (from;
                to;
                atTheEnd) {
            byte[] some = new byte[16 * 1024];
            int count;
            while ((count = from.read(some)) >= 0) {
                to.write(some, 0, count);
                to.flush();
            }
        } catch (IOException e) {
            // That is an end, too.
        }
    }
}
