package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.chat.AddressBook.Found;
import zap.shell.chat.AddressBook.Objection;
import zap.shell.store.Database;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;

class AddressBookTest {

    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId JOAO = ClientId.parse("1234000000003");
    private static final GroupId TRIP = GroupId.parse("2000000000001");

    @TempDir
    Path folder;

    private Database database;
    private AddressBook book;

    @BeforeEach
    void open() {
        database = Database.open(Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder));
        var people = new People(database);
        people.name(ANA, "ana");
        people.name(JOAO, "João");
        people.add(new Group(TRIP, "trip", new PosixTime(1), List.of(ANA, JOAO)));
        book = new AddressBook(people);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aPersonIsFoundByNameNumberAndEnoughOfEither() {
        assertThat(List.of("ana", "ANA", "an", "1000000000002", "1 0000 0000 0002", "10000"))
                .allSatisfy(typed -> assertThat(book.find(typed)).isEqualTo(new Found.One(ANA.asAddress())));
        assertThat(List.of("joao", "João", "jo", "1234"))
                .allSatisfy(typed -> assertThat(book.find(typed)).isEqualTo(new Found.One(JOAO.asAddress())));
    }

    @Test
    void aNumberThatNobodyHasANameForIsRight() {
        assertThat(book.find("1999999999999")).isInstanceOf(Found.One.class);
    }

    @Test
    void tooLittleIsRefusedWithWhatItCouldBe() {
        new People(database).name(ClientId.parse("1000000000004"), "andre");
        assertThat(book.find("an")).isEqualTo(new Found.Several("an", List.of("ana", "andre")));
        assertThat(book.find("ana")).isEqualTo(new Found.One(ANA.asAddress()));
        assertThat(book.find("zoe")).isEqualTo(new Found.None("zoe"));
        assertThat(book.find("12")).isEqualTo(new Found.None("12"));
    }

    @Test
    void nobodyCanBeCalledLikeSomebodyElse() {
        assertThat(book.objectionTo("аnа", null)).isEqualTo(new Objection.Taken("ana"));
        assertThat(book.objectionTo("TRIP", null)).isEqualTo(new Objection.Taken("trip"));
        assertThat(book.objectionTo("Ana", ANA.asAddress())).isNull();
        assertThat(book.objectionTo("você", null)).isInstanceOf(Objection.Reserved.class);
        assertThat(book.objectionTo("carla", null)).isNull();
    }
}
