package zap.shell.command.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileDescriptor;
import org.jline.nativ.CLibrary;
import org.jline.terminal.Attributes;
import org.jline.terminal.impl.jni.JniTerminalProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class SpeedKeepingPtyTest {

    private static final int B9600 = 13;

    @Test
    void theSpeedOfTheLineStaysWhenAttributesAreSet() throws Exception {
        new JniTerminalProvider(); // loads JLine's native part
        var master = new int[1];
        var slave = new int[1];
        assertThat(CLibrary.openpty(master, slave, new byte[64], null, null)).isZero();
        var before = new CLibrary.Termios();
        CLibrary.tcgetattr(slave[0], before);
        before.c_cflag = (before.c_cflag & ~0x100FL) | B9600;
        before.c_ispeed = B9600;
        before.c_ospeed = B9600;
        assertThat(CLibrary.tcsetattr(slave[0], CLibrary.TCSANOW, before)).isZero();

        var pty = new SpeedKeepingPty(slave[0], new FileDescriptor(), slave[0], new FileDescriptor());
        Attributes attributes = pty.getAttr();
        attributes.setLocalFlag(Attributes.LocalFlag.ECHO, false);
        pty.setAttr(attributes);

        var after = new CLibrary.Termios();
        CLibrary.tcgetattr(slave[0], after);
        assertThat(pty.getAttr().getLocalFlag(Attributes.LocalFlag.ECHO)).isFalse();
        assertThat(after.c_cflag).isEqualTo(before.c_cflag);
        assertThat(after.c_ospeed).isEqualTo(before.c_ospeed).isNotZero();
        assertThat(after.c_ispeed).isEqualTo(before.c_ispeed);
    }
}
