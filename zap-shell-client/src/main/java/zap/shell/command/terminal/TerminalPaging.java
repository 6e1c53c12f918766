package zap.shell.command.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/** The paging at a terminal, where one key answers. */
public final class TerminalPaging implements Paging {

    private static final char CTRL_C = 3;
    private static final char CTRL_D = 4;
    private static final char ESCAPE = 27;

    private final Terminal terminal;

    public TerminalPaging(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public int rows() {
        return terminal.getHeight();
    }

    @Override
    public int columns() {
        return terminal.getWidth();
    }

    @Override
    public Answer ask(String question) {
        Attributes before = terminal.getAttributes();
        var keys = new Attributes(before);
        // Ctrl-C counts as a key here: it stops only the output.
        keys.setLocalFlag(Attributes.LocalFlag.ISIG, false);
        keys.setLocalFlag(Attributes.LocalFlag.ICANON, false);
        keys.setLocalFlag(Attributes.LocalFlag.ECHO, false);
        keys.setControlChar(Attributes.ControlChar.VMIN, 1);
        keys.setControlChar(Attributes.ControlChar.VTIME, 0);
        terminal.setAttributes(keys);
        try {
            terminal.writer().print(question);
            terminal.flush();
            return answer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            terminal.puts(Capability.carriage_return);
            terminal.puts(Capability.clr_eol);
            terminal.flush();
            terminal.setAttributes(before);
        }
    }

    private Answer answer() throws IOException {
        while (true) {
            switch (terminal.reader().read()) {
                case ' ', '\r', '\n' -> {
                    return Answer.NEXT_PAGE;
                }
                case 'a', 'A' -> {
                    return Answer.ALL;
                }
                case 'q', 'Q', CTRL_C, CTRL_D, ESCAPE, NonBlockingReader.EOF -> {
                    return Answer.STOP;
                }
                default -> {
                    // Other keys have no meaning.
                }
            }
        }
    }
}
