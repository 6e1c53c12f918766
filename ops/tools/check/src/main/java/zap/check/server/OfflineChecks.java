package zap.check.server;

import java.util.ArrayList;
import java.util.List;
import zap.kit.WireFrame;

/** Checks of mail for clients that are not connected. */
final class OfflineChecks {

    private static final String MEANWHILE = "while you were away";

    private OfflineChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.OFFLINE, "1.1", "2.1", "3.1")
                .required(1, "offline", OfflineChecks::waits)
                .required(2, "offline", OfflineChecks::severalInOrder, "4.1")
                .required(3, "deliver-fields", OfflineChecks::fields, "4.1")
                .expected(4, "twice", OfflineChecks::onlyOnce, "4.1")
                .expected(5, "offline", OfflineChecks::ofTwoSenders, "4.1")
                .expected(6, "offline", OfflineChecks::many, "4.1")
                .expected(7, "order", OfflineChecks::beforeTheNew, "4.1")
                .expected(8, "offline", OfflineChecks::senderHasGone, "4.1")
                .expected(9, "offline", OfflineChecks::neverConnected, "4.1")
                .expected(10, "dead-connection", OfflineChecks::firstAfterReset, "4.1")
                .expected(11, "offline", OfflineChecks::twoAbsences, "4.1")
                .expected(12, "offline", OfflineChecks::severalRecipients, "4.1");
    }

    private static void waits(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), MEANWHILE);
        stage.settle();
        bob.comeBack().awaitText(MEANWHILE);
    }

    private static void severalInOrder(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        List<String> texts = sendMany(stage, ana, bob, 5);
        stage.settle();
        bob.comeBack().expectTexts(texts);
    }

    private static List<String> sendMany(Stage stage, Actor from, Actor to, int count) throws InterruptedException {
        var texts = new ArrayList<String>();
        for (int i = 1; i <= count; i++) {
            String text = "from " + from.name() + " " + i;
            texts.add(text);
            from.send(to, stage.second(), text);
        }
        return texts;
    }

    private static void fields(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        long second = stage.second();
        ana.send(bob, second, MEANWHILE);
        stage.settle();
        WireFrame mail = bob.comeBack().awaitText(MEANWHILE);
        Stage.requireField(mail, "src", ana.id());
        Stage.requireField(mail, "dst", bob.id());
        Stage.requireField(mail, "timestamp", Stage.time(second));
    }

    private static void onlyOnce(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), MEANWHILE);
        stage.settle();
        bob.comeBack().expectTexts(List.of(MEANWHILE));
        bob.leave();
        bob.comeBack().expectTexts(List.of());
    }

    private static void ofTwoSenders(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor carla = stage.client("carla");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), "from ana");
        carla.send(bob, stage.second(), "from carla");
        stage.settle();
        bob.comeBack();
        bob.awaitText("from carla");
        bob.awaitText("from ana");
    }

    private static void many(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        List<String> texts = sendMany(stage, ana, bob, stage.dialect().paced() ? 15 : 50);
        stage.settle();
        bob.comeBack().expectTexts(texts);
    }

    private static void beforeTheNew(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), "old 1");
        ana.send(bob, stage.second(), "old 2");
        stage.settle();
        bob.comeBack();
        ana.send(bob, stage.second(), "new");
        bob.expectTexts(List.of("old 1", "old 2", "new"));
    }

    private static void senderHasGone(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), MEANWHILE);
        stage.settle();
        ana.leave();
        bob.comeBack().awaitText(MEANWHILE);
    }

    private static void neverConnected(Stage stage) throws InterruptedException {
        Actor bob = stage.stranger("bob").register();
        bob.leave();
        Actor ana = stage.client("ana");
        ana.send(bob, stage.second(), MEANWHILE);
        stage.settle();
        bob.comeBack().awaitText(MEANWHILE);
    }

    private static void firstAfterReset(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), "before");
        bob.awaitText("before");
        bob.wire().breakOff();
        stage.settle();
        ana.send(bob, stage.second(), "first after it");
        ana.send(bob, stage.second(), "second after it");
        stage.settle();
        bob.comeBack();
        bob.awaitText("first after it");
        bob.awaitText("second after it");
    }

    private static void twoAbsences(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        ana.send(bob, stage.second(), "first absence");
        stage.settle();
        bob.comeBack().awaitText("first absence");
        bob.leave();
        ana.send(bob, stage.second(), "second absence");
        stage.settle();
        bob.comeBack().expectTexts(List.of("second absence"));
    }

    private static void severalRecipients(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        Actor carla = stage.offlineClient("carla");
        ana.send(bob, stage.second(), "for bob");
        ana.send(carla, stage.second(), "for carla");
        stage.settle();
        carla.comeBack().expectTexts(List.of("for carla"));
        bob.comeBack().expectTexts(List.of("for bob"));
    }
}
