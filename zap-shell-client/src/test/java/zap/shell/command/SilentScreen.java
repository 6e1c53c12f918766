package zap.shell.command;

import org.jspecify.annotations.Nullable;
import zap.shell.command.terminal.Screen;

/** A screen that shows nothing and whose user types nothing. Tests override the parts that they look at. */
class SilentScreen implements Screen {

    @Override
    public void above(String lines) {}

    @Override
    public void refreshPrompt() {}

    @Override
    public void bell() {}

    @Override
    public @Nullable String chatLine() {
        return null;
    }

    @Override
    public @Nullable String secret(String prompt) {
        return null;
    }
}
