package zap.check.server;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** Checks of 10 and 11, and of messages to groups. */
final class GroupChecks {

    private static final String HELLO = "oi, todos";

    private GroupChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.GROUPS, "1.1")
                .required(1, "group", GroupChecks::creatorHears)
                .required(2, "group", GroupChecks::membersHear)
                .required(3, "group-id", GroupChecks::sameNumber, "7.1", "7.2")
                .required(4, "group-members", GroupChecks::lists, "7.1", "7.2")
                .required(5, "group-members", GroupChecks::eight, "7.4")
                .expected(6, "group-message", GroupChecks::messageReachesAll, "7.3")
                .expected(7, "group-fields", GroupChecks::messageFields, "7.6")
                .expected(8, "group-message", GroupChecks::notToTheWriter, "7.6")
                .expected(9, "group-message", GroupChecks::notToOthers, "7.6")
                .expected(10, "offline", GroupChecks::offlineMemberHears, "7.2", "4.1")
                .expected(11, "offline", GroupChecks::offlineMemberGetsMail, "7.6", "7.10")
                .expected(12, "group-id", GroupChecks::twoGroups, "7.3")
                .expected(13, "twice", GroupChecks::once, "7.6")
                .expected(14, "group-message", GroupChecks::membersWrite, "7.6")
                .expected(15, "group-members", GroupChecks::namedTwice, "7.4")
                .expected(16, "receipt", GroupChecks::receipts, "7.6", "5.2")
                .expected(17, "group-id", GroupChecks::notAClient, "7.3")
                .expected(18, "false-receipt", GroupChecks::noReceiptOfTheAbsent, "7.16", "4.1", "5.4")
                .robust(19, "bad-group", GroupChecks::unknownMember, "7.2", "3.1")
                .robust(20, "bad-group", GroupChecks::alone, "7.1", "3.1")
                .robust(21, "identity", GroupChecks::notAMember, "7.6");
    }

    private static void creatorHears(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.createGroup(stage.second(), bob.id());
        ana.await(FrameType.GROUP_CREATED);
    }

    private static void membersHear(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.createGroup(stage.second(), bob.id(), carla.id());
        bob.await(FrameType.GROUP_CREATED);
        carla.await(FrameType.GROUP_CREATED);
    }

    private static void sameNumber(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.createGroup(stage.second(), bob.id());
        String anas = ana.await(FrameType.GROUP_CREATED).field("id");
        Stage.requireField(bob.await(FrameType.GROUP_CREATED), "id", anas);
    }

    private static void lists(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.createGroup(stage.second(), bob.id(), carla.id());
        requireMembers(bob.await(FrameType.GROUP_CREATED), List.of(ana.id(), bob.id(), carla.id()));
        requireMembers(ana.await(FrameType.GROUP_CREATED), List.of(ana.id(), bob.id(), carla.id()));
    }

    private static void requireMembers(WireFrame created, List<String> members) {
        List<String> listed = created.members();
        Stage.require(
                listed.size() == members.size() && new HashSet<>(listed).equals(new HashSet<>(members)),
                Phrase.of("expected.members", members),
                Phrase.of("actual.members", listed));
    }

    private static List<Actor> clients(Stage stage, int count) throws InterruptedException {
        var clients = new ArrayList<Actor>();
        for (int i = 1; i <= count; i++) {
            clients.add(stage.client("client " + i));
        }
        return clients;
    }

    private static void eight(Stage stage) throws InterruptedException {
        List<Actor> all = clients(stage, 8);
        List<String> ids = all.stream().map(Actor::id).toList();
        all.getFirst().createGroup(stage.second(), ids.subList(1, 8).toArray(String[]::new));
        for (Actor member : all) {
            requireMembers(member.await(FrameType.GROUP_CREATED), ids);
        }
    }

    private static void messageReachesAll(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.send(stage.group(ana, bob, carla), stage.second(), HELLO);
        bob.awaitText(HELLO);
        carla.awaitText(HELLO);
    }

    private static void messageFields(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        String group = stage.group(ana, bob);
        long second = stage.second();
        ana.send(group, second, HELLO);
        WireFrame deliver = bob.awaitText(HELLO);
        Stage.requireField(deliver, "src", ana.id());
        Stage.requireField(deliver, "dst", group);
        Stage.requireField(deliver, "timestamp", Stage.time(second));
    }

    private static void notToTheWriter(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.send(stage.group(ana, bob), stage.second(), HELLO);
        bob.awaitText(HELLO);
        ana.expectNo(FrameType.DELIVER);
    }

    private static void notToOthers(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.send(stage.group(ana, bob), stage.second(), HELLO);
        bob.awaitText(HELLO);
        carla.expectNo(FrameType.DELIVER);
        carla.expectNo(FrameType.GROUP_CREATED);
    }

    private static void offlineMemberHears(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.offlineClient("bob");
        Actor carla = stage.client("carla");
        ana.createGroup(stage.second(), bob.id(), carla.id());
        carla.await(FrameType.GROUP_CREATED);
        stage.settle();
        bob.comeBack().await(FrameType.GROUP_CREATED);
    }

    private static void offlineMemberGetsMail(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        String group = stage.group(ana, bob);
        bob.leave();
        ana.send(group, stage.second(), "one");
        ana.send(group, stage.second(), "two");
        stage.settle();
        bob.comeBack().expectTexts(List.of("one", "two"));
    }

    private static void twoGroups(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        String first = stage.group(ana, bob);
        String second = stage.group(ana, bob);
        Stage.require(!first.equals(second), Phrase.of("expected.different-ids"), Phrase.of("actual.same-id", first));
    }

    private static void once(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        String group = stage.group(ana, bob, carla);
        ana.send(group, stage.second(), HELLO);
        bob.expectTexts(List.of(HELLO));
        carla.expectTexts(List.of(HELLO));
    }

    private static void membersWrite(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        String group = stage.group(ana, bob, carla);
        carla.send(group, stage.second(), "carla here");
        ana.awaitText("carla here");
        bob.awaitText("carla here");
    }

    private static void namedTwice(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.createGroup(stage.second(), bob.id(), bob.id());
        requireMembers(bob.await(FrameType.GROUP_CREATED), List.of(ana.id(), bob.id()));
    }

    private static void receipts(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.send(stage.group(ana, bob, carla), stage.second(), HELLO);
        bob.awaitText(HELLO);
        carla.awaitText(HELLO);
        for (Actor member : List.of(bob, carla)) {
            ana.await(
                    FrameType.DELIVERED,
                    Phrase.of("expected.receipt-of", "ana", member.id()),
                    frame -> frame.field("dst").equals(member.id()));
        }
    }

    private static void notAClient(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        String group = stage.group(ana, bob);
        Stage.require(
                !group.equals(ana.id()) && !group.equals(bob.id()),
                Phrase.of("expected.different-ids"),
                Phrase.of("actual.same-id", group));
    }

    private static void noReceiptOfTheAbsent(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        String group = stage.group(ana, bob, carla);
        carla.leave();
        ana.send(group, stage.second(), HELLO);
        bob.awaitText(HELLO);
        ana.expectNo(FrameType.DELIVERED, frame -> frame.field("dst").equals(carla.id()));
    }

    private static void unknownMember(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.createGroup(stage.second(), bob.id(), stage.unknownId(bob));
        stage.settle();
        ana.send(bob, stage.second(), "still here");
        bob.awaitText("still here");
    }

    private static void alone(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        ana.createGroup(stage.second());
        stage.settle();
        ana.send(bob, stage.second(), "still here");
        bob.awaitText("still here");
    }

    private static void notAMember(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor mallory = stage.client("mallory");
        String group = stage.group(ana, bob);
        mallory.send(group, stage.second(), "let me in");
        bob.expectNo(FrameType.DELIVER);
    }
}
