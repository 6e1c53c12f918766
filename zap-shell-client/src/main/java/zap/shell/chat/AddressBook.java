package zap.shell.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.shell.store.People;
import zap.shell.store.People.Contact;
import zap.shell.store.People.Group;
import zap.shell.text.Names;

/** Who is meant by a name, an id, or enough of either; and what to call somebody. */
public final class AddressBook {

    /** With fewer digits than this nobody is found by the beginning of an id. */
    private static final int ENOUGH_DIGITS = 4;

    /** Words by which the client speaks of its user and of itself. */
    private static final Set<String> RESERVED = Set.of("you", "voce", "me", "eu", "zap");

    /** What was found for what was typed. */
    public sealed interface Found {

        record One(Address address) implements Found {}

        record None(String typed) implements Found {}

        record Several(String typed, List<String> names) implements Found {}
    }

    /** Why a name cannot be given. */
    public sealed interface Objection {

        record Bad(Names.Fault fault) implements Objection {}

        record Taken(String by) implements Objection {}

        record Reserved(String name) implements Objection {}
    }

    private record Entry(String name, Address address) {}

    private final People people;

    public AddressBook(People people) {
        this.people = people;
    }

    /** People and groups with that name, that id, or a name or id that alone begins so. */
    public Found find(String typed) {
        return find(typed, entries());
    }

    /** The same among people only. */
    public Found findPerson(String typed) {
        return find(typed, contacts());
    }

    /** The same among groups only. */
    public Found findGroup(String typed) {
        return find(typed, groups());
    }

    private static Found find(String typed, List<Entry> entries) {
        @Nullable String id = Names.idIn(typed);
        if (id != null) {
            return new Found.One(Address.parse(id));
        }
        String folded = Names.folded(Names.normalized(typed));
        if (folded.isEmpty()) {
            return new Found.None(typed);
        }
        for (Entry entry : entries) {
            if (Names.folded(entry.name()).equals(folded)) {
                return new Found.One(entry.address());
            }
        }
        String digits = typed.replaceAll("[\\s.\\-]", "");
        boolean byId = digits.length() >= ENOUGH_DIGITS && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        List<Entry> matches = entries.stream()
                .filter(entry -> Names.folded(entry.name()).startsWith(folded)
                        || (byId && entry.address().toString().startsWith(digits)))
                .toList();
        return switch (matches.size()) {
            case 0 -> new Found.None(typed);
            case 1 -> new Found.One(matches.getFirst().address());
            default ->
                new Found.Several(typed, matches.stream().map(Entry::name).toList());
        };
    }

    /** What to call it: its name, or its id. */
    public String nameOf(Address address) {
        return name(address).orElse(address.toString());
    }

    public String nameOf(ClientId id) {
        return nameOf(id.asAddress());
    }

    /** Its name, if the user has given it one. */
    public Optional<String> name(Address address) {
        return people.nameOf(address);
    }

    /** All names, those of people first. */
    public List<String> names() {
        return entries().stream().map(Entry::name).toList();
    }

    public List<String> namesOfPeople() {
        return contacts().stream().map(Entry::name).toList();
    }

    public List<String> namesOfGroups() {
        return groups().stream().map(Entry::name).toList();
    }

    /** Why this name cannot be given to that person or group; null when it can. */
    public @Nullable Objection objectionTo(String name, @Nullable Address owner) {
        Names.@Nullable Fault fault = Names.faultOf(name);
        if (fault != null) {
            return new Objection.Bad(fault);
        }
        if (RESERVED.contains(Names.folded(name))) {
            return new Objection.Reserved(name);
        }
        String looks = Names.looks(name);
        String folded = Names.folded(name);
        for (Entry entry : entries()) {
            boolean alike = Names.looks(entry.name()).equals(looks)
                    || Names.folded(entry.name()).equals(folded);
            if (alike && !entry.address().equals(owner)) {
                return new Objection.Taken(entry.name());
            }
        }
        return null;
    }

    private List<Entry> entries() {
        return Stream.concat(contacts().stream(), groups().stream()).toList();
    }

    private List<Entry> contacts() {
        var entries = new ArrayList<Entry>();
        for (Contact contact : people.contacts()) {
            entries.add(new Entry(contact.name(), contact.id().asAddress()));
        }
        return entries;
    }

    private List<Entry> groups() {
        var entries = new ArrayList<Entry>();
        for (Group group : people.groups()) {
            @Nullable String name = group.name();
            if (name != null) {
                entries.add(new Entry(name, group.id().asAddress()));
            }
        }
        return entries;
    }

    /** The members of a group as people call them. */
    public List<String> namesOfMembers(GroupId group) {
        return people.group(group).stream()
                .flatMap(one -> one.members().stream())
                .map(this::nameOf)
                .toList();
    }
}
