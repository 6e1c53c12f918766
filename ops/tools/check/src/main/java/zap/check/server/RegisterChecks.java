package zap.check.server;

import java.util.ArrayList;
import java.util.List;
import zap.check.report.CheckFailure;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of 01 and 02. */
final class RegisterChecks {

    private RegisterChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.REGISTER)
                .required(1, "first-contact", stage -> stage.stranger("ana").register())
                .required(2, "id-digits", RegisterChecks::digits, "1.1")
                .required(3, "id-unique", RegisterChecks::different, "1.1")
                .expected(4, "id-unique", RegisterChecks::differentAtOnce, "1.3")
                .expected(5, "greeting", RegisterChecks::nothingBefore, "1.1")
                .expected(6, "first-contact", RegisterChecks::oneAnswer, "1.1")
                .expected(7, "id-digits", RegisterChecks::notEmpty, "1.1")
                .expected(8, "id-kept", RegisterChecks::keptAfterHangUp, "1.1", "2.1");
    }

    private static void digits(Stage stage) throws InterruptedException {
        Actor ana = stage.stranger("ana").register();
        Stage.require(
                ana.id().chars().allMatch(Shown::isDigit),
                Phrase.of("expected.digits"),
                Phrase.of("actual.id", Shown.quoted(ana.id())));
        ana.listen(stage.quiet(), () -> ana.noFrame() != null);
        String text = ana.noFrame();
        String more = text == null ? ana.rest() : text;
        // A greeting after 02 is another matter; a digit belongs to the id.
        if (!more.isEmpty() && Shown.isDigit(more.charAt(0))) {
            String id = ana.id() + more.strip();
            throw new CheckFailure(
                    Phrase.of("expected.digits"), Phrase.of("actual.long-id", Shown.quoted(id), id.length()));
        }
    }

    private static void different(Stage stage) throws InterruptedException {
        String anas = stage.stranger("ana").register().id();
        String bobs = stage.stranger("bob").register().id();
        Stage.require(!anas.equals(bobs), Phrase.of("expected.different-ids"), Phrase.of("actual.same-id", anas));
    }

    private static void differentAtOnce(Stage stage) throws InterruptedException {
        var actors = new ArrayList<Actor>();
        for (int i = 1; i <= 10; i++) {
            actors.add(stage.stranger("client " + i));
        }
        for (Actor actor : actors) {
            actor.say(FrameType.REGISTER);
        }
        var ids = new ArrayList<String>();
        for (Actor actor : actors) {
            ids.add(actor.await(FrameType.REGISTERED).field("id"));
        }
        String twice = Stage.firstDouble(ids);
        Stage.require(
                twice == null, Phrase.of("expected.different-ids"), Phrase.of("actual.same-id", String.valueOf(twice)));
    }

    private static void nothingBefore(Stage stage) throws InterruptedException {
        Actor ana = stage.stranger("ana");
        ana.listen(stage.quiet(), () -> ana.noFrame() != null || !ana.inbox().isEmpty());
        String text = ana.noFrame();
        Stage.require(
                text == null && ana.inbox().isEmpty(),
                Phrase.of("expected.silence", "ana"),
                text == null
                        ? Phrase.of("actual.frames", "ana", ana.inbox())
                        : Phrase.of("actual.no-frame", "ana", Shown.quoted(text)));
    }

    private static void oneAnswer(Stage stage) throws InterruptedException {
        Actor ana = stage.stranger("ana");
        ana.register();
        List<WireFrame> more = ana.allOf(FrameType.REGISTERED);
        Stage.require(more.isEmpty(), Phrase.of("expected.one-registered"), Phrase.of("actual.frames", "ana", more));
    }

    private static void notEmpty(Stage stage) throws InterruptedException {
        String id = stage.stranger("ana").register().id();
        Stage.require(
                !id.isBlank() && !id.equals("0".repeat(id.length())),
                Phrase.of("expected.no-empty-slot"),
                Phrase.of("actual.id", Shown.quoted(id)));
    }

    private static void keptAfterHangUp(Stage stage) throws InterruptedException {
        Actor bob = stage.stranger("bob").register();
        bob.leave();
        bob.comeBack();
        Actor ana = stage.client("ana");
        stage.settle();
        ana.send(bob, stage.second(), "welcome back");
        bob.awaitText("welcome back");
    }
}
