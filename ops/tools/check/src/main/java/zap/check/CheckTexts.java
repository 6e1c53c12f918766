package zap.check;

import java.util.Locale;
import zap.kit.KitTexts;

/** The texts of the suite in the user's language: {@code messages.properties}, in Portuguese {@code messages_pt}. */
final class CheckTexts extends KitTexts {

    CheckTexts(Locale locale) {
        super("zap.check.messages", locale);
    }
}
