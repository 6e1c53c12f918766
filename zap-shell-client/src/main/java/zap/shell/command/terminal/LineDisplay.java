package zap.shell.command.terminal;

import java.util.List;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;

/**
 * JLine's display of the edited line, for rows that end with a wide character.
 *
 * <p>No control sequence moves a cursor behind the last column, so JLine writes a row's last character again. It takes
 * that character for one column wide: of a wide one it would draw a second copy, half a character to the right.
 */
final class LineDisplay extends Display {

    LineDisplay(Terminal terminal) {
        super(terminal, false);
    }

    @Override
    protected void moveVisualCursorTo(int target, List<AttributedString> lines) {
        int row = target / columns1;
        boolean isBehindLastColumn = target % columns1 == columns;
        if (cursorPos != target && isBehindLastColumn && row < lines.size()) {
            AttributedString last = lines.get(row).columnSubSequence(columns - 1, columns);
            int width = last.columnLength();
            if (width > 1) {
                moveVisualCursorTo(target - width);
                last.print(terminal);
                cursorPos = target;
                return;
            }
        }
        super.moveVisualCursorTo(target, lines);
    }
}
