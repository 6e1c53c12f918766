package zap.check.client;

import org.jspecify.annotations.Nullable;
import zap.kit.WireFrame;

/** A 06 that this side has given to the client under test, or only a part of it. */
public final class GivenMessage {

    private final Act act;
    private final WireFrame frame;
    private final boolean whole;
    private volatile @Nullable Boolean shown;
    private volatile @Nullable Boolean shownWhenRead;

    GivenMessage(Act act, WireFrame frame, boolean whole) {
        this.act = act;
        this.frame = frame;
        this.whole = whole;
    }

    Act act() {
        return act;
    }

    WireFrame frame() {
        return frame;
    }

    /** Returns false for a frame of which only the beginning was sent. */
    boolean isWhole() {
        return whole;
    }

    String text() {
        return frame.field("data");
    }

    String writer() {
        return frame.field("src");
    }

    String second() {
        return frame.field("timestamp");
    }

    /** Returns whether the client has shown it; null when this is not known. */
    @Nullable
    Boolean shown() {
        return shown;
    }

    void isShown(@Nullable Boolean answer) {
        shown = answer;
    }

    /** Returns whether the client had shown it when its 08 came; null when this is not known. */
    @Nullable
    Boolean shownWhenRead() {
        return shownWhenRead;
    }

    void isShownWhenRead(@Nullable Boolean answer) {
        shownWhenRead = answer;
    }
}
