package zap.server.gateway.tcp;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Facts about a TCP connection that Linux has and the JDK does not expose, read by the Foreign Function API.
 *
 * <p>A descriptor is a number, which soon belongs to another connection when this one is closed. So the caller must
 * check after each answer that the channel is still open.
 */
final class LinuxTcp {

    /** From netinet/in.h. */
    private static final int IPPROTO_TCP = 6;

    /** From netinet/tcp.h: milliseconds, an unsigned int. */
    private static final int TCP_USER_TIMEOUT = 18;

    /** From netinet/tcp.h: what the system knows about a connection, in a struct tcp_info. */
    private static final int TCP_INFO = 11;

    /**
     * Offset of tcpi_last_data_recv in it: milliseconds, an unsigned int. The fields before it have not changed since
     * Linux 2.4.
     */
    private static final int LAST_DATA_RECV = 52;

    /** Offset of tcpi_state in it: a byte. */
    private static final int STATE = 0;

    /** From netinet/tcp.h. */
    private static final byte TCP_ESTABLISHED = 1;

    /** Offset of tcpi_bytes_acked in it: an unsigned long. It is there since Linux 4.1. */
    private static final int BYTES_ACKED = 120;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private final MethodHandle getFDVal;
    private final MethodHandle setsockopt;
    private final MethodHandle getsockopt;

    /**
     * Looks up the functions.
     *
     * @throws ReflectiveOperationException when the JVM does not give access to a channel's descriptor
     * @throws RuntimeException when the functions are missing, or must not be called
     */
    LinuxTcp() throws ReflectiveOperationException {
        // Exported to us by the manifest of the main jar, or --add-exports java.base/sun.nio.ch=ALL-UNNAMED. It is
        // looked up by name because javac accepts either --release or --add-exports.
        getFDVal = MethodHandles.lookup()
                .findVirtual(Class.forName("sun.nio.ch.SelChImpl"), "getFDVal", MethodType.methodType(int.class))
                .asType(MethodType.methodType(int.class, SocketChannel.class));
        setsockopt = function("setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, INT));
        getsockopt = function("getsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, POINTER));
    }

    @SuppressWarnings("restricted") // the signatures are those of the C library
    private static MethodHandle function(String name, FunctionDescriptor signature) {
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
        return linker.downcallHandle(address, signature);
    }

    /** Returns the channel's descriptor: its number in this process. */
    int descriptorOf(SocketChannel channel) {
        try {
            return (int) getFDVal.invokeExact(channel);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Returns how many bytes the peer's TCP has acknowledged since the connection began.
     *
     * @return a negative number when the system does not report it, or the descriptor is not a connection's
     */
    long acknowledged(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(BYTES_ACKED + LONG.byteSize(), LONG.byteSize());
            return info(descriptor, info, arena) ? info.get(LONG, BYTES_ACKED) : -1;
        }
    }

    /**
     * Returns how long ago the last bytes of the peer reached this host, in milliseconds, whether they were read since
     * or not. The clock is the kernel's: it goes forward in ticks of 1 to 10 ms.
     *
     * @return a negative number when the system does not report it
     */
    long millisSinceLastData(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(LAST_DATA_RECV + INT.byteSize(), INT.byteSize());
            return info(descriptor, info, arena) ? Integer.toUnsignedLong(info.get(INT, LAST_DATA_RECV)) : -1;
        }
    }

    /** Returns whether both sides may still send; true when the system does not report it. */
    boolean isEstablished(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(STATE + 1);
            return !info(descriptor, info, arena) || info.get(ValueLayout.JAVA_BYTE, STATE) == TCP_ESTABLISHED;
        }
    }

    /** Reads the beginning of the connection's tcp_info, as much as there is room for. */
    private boolean info(int descriptor, MemorySegment info, Arena arena) {
        try {
            int size = Math.toIntExact(info.byteSize());
            MemorySegment length = arena.allocateFrom(INT, size);
            int failed = (int) getsockopt.invokeExact(descriptor, IPPROTO_TCP, TCP_INFO, info, length);
            return failed == 0 && length.get(INT, 0) == size;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Sets how long bytes may stay unacknowledged before the connection counts as broken (RFC 793's user timeout).
     * Keepalive pauses meanwhile.
     *
     * @return false when the system refuses
     */
    boolean userTimeout(int descriptor, Duration most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment millis = arena.allocateFrom(INT, Math.toIntExact(most.toMillis()));
            int failed = (int) setsockopt.invokeExact(
                    descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, millis, Math.toIntExact(INT.byteSize()));
            return failed == 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
