package zap.shell.command.terminal;

import org.jspecify.annotations.Nullable;

/** A screen that shows nothing and whose user types nothing. Tests override the parts that they look at. */
public class SilentScreen implements Screen {

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
