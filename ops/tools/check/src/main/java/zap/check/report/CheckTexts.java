package zap.check.report;

import java.util.Locale;
import zap.kit.KitTexts;

/** The texts of the suite in the user's language: {@code messages.properties}, in Portuguese {@code messages_pt}. */
public final class CheckTexts extends KitTexts {

    public CheckTexts(Locale locale) {
        super("zap.check.messages", locale);
    }
}
