package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.chat.AddressBook.Found;
import zap.shell.chat.AddressBook.Objection;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;

class AddressBookTest {

    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId JOAO = ClientId.parse("1234000000003");
    private static final GroupId TRIP = GroupId.parse("2000000000001");

    @TempDir
    Path folder;

    private ProfileDatabase database;
    private AddressBook book;

    @BeforeEach
    void open() {
        database = ProfileDatabase.open(Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder));
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
    void aPersonIsFoundByTheNameOrTheNumber() {
        assertThat(List.of("ana", "ANA", "1000000000002", "1 0000 0000 0002"))
                .allSatisfy(typed -> assertThat(book.find(typed)).isEqualTo(new Found.One(ANA.asAddress())));
        assertThat(List.of("João", "JOÃO", "Joa\u0303o"))
                .allSatisfy(typed -> assertThat(book.find(typed)).isEqualTo(new Found.One(JOAO.asAddress())));
    }

    /** A message must never reach a person whose name was not typed. */
    @ParameterizedTest
    @CsvSource({
        "anabela,ana",
        "anabela,anabel",
        "Dũng,Dùng",
        "Dũng,dung",
        "João,joao",
        "नीना,नना",
        "Weiß,weiss",
        "Işık,isik"
    })
    void nobodyIsFoundByAnotherName(String name, String typed) {
        new People(database).forget(ANA);
        new People(database).forget(JOAO);
        new People(database).name(ANA, name);
        assertThat(book.find(typed))
                .isInstanceOfSatisfying(
                        Found.None.class,
                        none -> assertThat(Stream.concat(none.completions().stream(), none.alike().stream()))
                                .containsExactly(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10000", "100000000000", "1 0000"})
    void nobodyIsFoundByTheBeginningOfANumber(String typed) {
        assertThat(book.find(typed)).isEqualTo(new Found.None(typed, List.of("ana"), List.of()));
    }

    @Test
    void namesThatAreWrittenDifferentlyArePeopleOfTheirOwn() {
        new People(database).name(ClientId.parse("1000000000005"), "Dũng");
        assertThat(book.objectionTo("Dùng", null)).isNull();
        assertThat(book.objectionTo("Dung", null)).isNull();
        assertThat(book.objectionTo("DŨNG", null)).isEqualTo(new Objection.Taken("Dũng"));
        assertThat(book.objectionTo("Du\u0303ng", null)).isEqualTo(new Objection.Taken("Dũng"));
    }

    @Test
    void aNumberThatNobodyHasANameForIsRight() {
        assertThat(book.find("1999999999999")).isInstanceOf(Found.One.class);
    }

    @Test
    void whatIsNoNameIsRefusedWithWhatItCouldBe() {
        new People(database).name(ClientId.parse("1000000000004"), "andre");
        assertThat(book.find("an")).isEqualTo(new Found.None("an", List.of("ana", "andre"), List.of()));
        assertThat(book.find("ander")).isEqualTo(new Found.None("ander", List.of(), List.of("andre")));
        assertThat(book.find("andrea")).isEqualTo(new Found.None("andrea", List.of(), List.of("andre")));
        assertThat(book.find("anne")).isEqualTo(new Found.None("anne", List.of(), List.of()));
        assertThat(book.find("zoe")).isEqualTo(new Found.None("zoe", List.of(), List.of()));
        assertThat(book.find("12")).isEqualTo(new Found.None("12", List.of(), List.of()));
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
