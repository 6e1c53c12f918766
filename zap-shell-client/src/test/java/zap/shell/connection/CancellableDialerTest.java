package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import zap.shell.connection.CancellableDialer.CancelledException;

@Timeout(30)
class CancellableDialerTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    private final CountDownLatch dialing = new CountDownLatch(1);

    @Test
    void aDialThatIsCancelledEndsAndLeavesTheThreadAsItWas() throws Exception {
        var dialer = new CancellableDialer(this::dialForEver);
        FutureTask<Boolean> request = begin(() -> {
            assertThatThrownBy(dialer::dial).isInstanceOf(CancelledException.class);
            return Thread.currentThread().isInterrupted();
        });
        dialing.await();
        dialer.cancel();

        assertThat(request.get(10, TimeUnit.SECONDS)).isFalse();
    }

    private Transport dialForEver() throws IOException {
        dialing.countDown();
        try {
            new CountDownLatch(1).await();
            throw new AssertionError("nothing ended the dial");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }

    @Test
    void anAnswerThatIsCancelledIsAwaitedNoLonger() throws Exception {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var dialer = new CancellableDialer(
                    Transport.tcp(List.of(new Endpoint("127.0.0.1", silent.getLocalPort())), LONG));
            FutureTask<Integer> request = begin(() -> {
                try (Transport transport = dialer.dial()) {
                    transport.write(new byte[1]);
                    return transport.read(ByteBuffer.allocate(100), LONG);
                }
            });
            try (Socket server = silent.accept()) {
                assertThat(server.getInputStream().read()).isZero();
                dialer.cancel();

                assertThatThrownBy(() -> request.get(10, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(CancelledException.class);
                assertThat(server.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void nothingBeginsAfterwards() {
        var dialer = new CancellableDialer(() -> {
            throw new AssertionError("it was cancelled");
        });
        dialer.cancel();

        assertThatThrownBy(dialer::dial).isInstanceOf(CancelledException.class);
    }

    @Test
    void aFailureIsItsOwnWhenNothingWasCancelled() {
        var dialer = new CancellableDialer(() -> {
            throw new EOFException("the peer has hung up");
        });

        assertThatThrownBy(dialer::dial).isInstanceOf(EOFException.class);
    }

    private static <T> FutureTask<T> begin(Callable<T> work) {
        var task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }
}
