package zap.shell.command.terminal;

import java.io.FileDescriptor;
import java.io.IOException;
import org.jline.nativ.CLibrary;
import org.jline.terminal.Attributes;
import org.jline.terminal.impl.jni.JniTerminalProvider;
import org.jline.terminal.impl.jni.linux.LinuxNativePty;
import org.jline.terminal.spi.SystemStream;

/**
 * The terminal of standard input and output on Linux, whose line speed stays as it is.
 *
 * <p>JLine sets all attributes of a terminal from those that it knows. The speed is not one of them, so it would become
 * 0, which hangs up a serial line.
 */
public final class SpeedKeepingPty extends LinuxNativePty {

    /**
     * The bits of {@code c_cflag} that JLine does not know: CBAUD and CBAUDEX for the output, the same for the input,
     * CMSPAR, CRTSCTS.
     */
    private static final long NOT_KNOWN_TO_JLINE = 0x100FL | 0x100F0000L | 0x40000000L | 0x80000000L;

    private final int terminal;

    public SpeedKeepingPty() throws IOException {
        this(0, FileDescriptor.in, 1, FileDescriptor.out);
    }

    /** Opens another terminal than that of this process. */
    SpeedKeepingPty(int input, FileDescriptor in, int output, FileDescriptor out) throws IOException {
        super(new JniTerminalProvider(), SystemStream.Output, -1, null, input, in, output, out, "/dev/tty");
        this.terminal = input;
    }

    @Override
    protected CLibrary.Termios toTermios(Attributes attributes) {
        var now = new CLibrary.Termios();
        CLibrary.tcgetattr(terminal, now);
        CLibrary.Termios next = super.toTermios(attributes);
        next.c_cflag |= now.c_cflag & NOT_KNOWN_TO_JLINE;
        next.c_ispeed = now.c_ispeed;
        next.c_ospeed = now.c_ospeed;
        return next;
    }
}
