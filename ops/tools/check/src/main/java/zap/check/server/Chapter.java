package zap.check.server;

import java.util.ArrayList;
import java.util.List;
import zap.check.report.Level;
import zap.check.server.ServerCheck.Excluded;
import zap.check.server.ServerCheck.Story;

/** The checks of one section, as they are written down. */
final class Chapter {

    private final Section section;
    private final List<String> needs;
    private final List<ServerCheck> checks = new ArrayList<>();

    /** @param needs numbers of checks of other sections without which no check of this one says anything */
    Chapter(Section section, String... needs) {
        this.section = section;
        this.needs = List.of(needs);
    }

    Chapter required(int number, String hint, Story story, String... needs) {
        return add(Level.REQUIRED, number, hint, story, false, Excluded.NONE, needs);
    }

    Chapter expected(int number, String hint, Story story, String... needs) {
        return add(Level.EXPECTED, number, hint, story, false, Excluded.NONE, needs);
    }

    Chapter robust(int number, String hint, Story story, String... needs) {
        return add(Level.ROBUST, number, hint, story, false, Excluded.NONE, needs);
    }

    /** Adds a check that may hurt the server. */
    Chapter harsh(int number, String hint, Story story, String... needs) {
        return add(Level.ROBUST, number, hint, story, true, Excluded.NONE, needs);
    }

    /** Adds a check that says nothing about short frames, where a pause or a line break ends a text. */
    Chapter fullWidth(Level level, int number, String hint, Story story, String... needs) {
        return add(level, number, hint, story, false, Excluded.SHORT_FRAMES, needs);
    }

    private Chapter add(
            Level level, int number, String hint, Story story, boolean alone, Excluded excluded, String... more) {
        var all = new ArrayList<>(needs);
        all.addAll(List.of(more));
        checks.add(new ServerCheck(
                section.number() + "." + number, section, level, hint, List.copyOf(all), alone, excluded, story));
        return this;
    }

    List<ServerCheck> checks() {
        return List.copyOf(checks);
    }
}
