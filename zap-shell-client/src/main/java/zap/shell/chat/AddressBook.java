package zap.shell.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.store.People;
import zap.shell.store.People.Contact;
import zap.shell.store.People.Group;
import zap.shell.text.Names;

/** Finds the person or group that a name or an id stands for, and the name to show for them. */
public final class AddressBook {

    /** The number of digits from which an id is completed. */
    private static final int ENOUGH_DIGITS = 4;

    /** The number of letters from which a name is proposed for a part that is not its beginning. */
    private static final int ENOUGH_LETTERS = 3;

    /** Words that the client uses for its user and itself, and that are no names. */
    private static final Set<String> RESERVED = Set.of("you", "voce", "me", "eu", "zap");

    /** The result of a search. */
    public sealed interface Found {

        record One(Address address) implements Found {}

        /**
         * No match.
         *
         * @param completions names that begin with the typed text
         * @param alike other names that are similar
         */
        record None(String typed, List<String> completions, List<String> alike) implements Found {}
    }

    /** A reason why a name cannot be given. */
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

    /** Finds the person or group with exactly this name or id. Case does not matter. */
    public Found find(String typed) {
        return find(typed, entries());
    }

    /** Finds a person with exactly this name or id. */
    public Found findPerson(String typed) {
        return find(typed, contacts());
    }

    /** Finds a group with exactly this name or id. */
    public Found findGroup(String typed) {
        return find(typed, groups());
    }

    private static Found find(String typed, List<Entry> entries) {
        @Nullable String id = Names.idIn(typed);
        if (id != null) {
            return new Found.One(Address.parse(id));
        }
        String key = Names.key(typed);
        for (Entry entry : entries) {
            if (Names.key(entry.name()).equals(key)) {
                return new Found.One(entry.address());
            }
        }
        return nobody(typed, key, entries);
    }

    private static Found nobody(String typed, String key, List<Entry> entries) {
        String letters = Names.letters(typed);
        if (key.isEmpty() || letters.isEmpty()) {
            return new Found.None(typed, List.of(), List.of());
        }
        String digits = typed.replaceAll("[\\s.\\-]", "");
        boolean byId = digits.length() >= ENOUGH_DIGITS && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        var completions = new ArrayList<String>();
        var alike = new ArrayList<String>();
        for (Entry entry : entries) {
            if (Names.key(entry.name()).startsWith(key)
                    || (byId && entry.address().toString().startsWith(digits))) {
                completions.add(entry.name());
            } else if (areAlike(Names.letters(entry.name()), letters)) {
                alike.add(entry.name());
            }
        }
        return new Found.None(typed, completions, alike);
    }

    private static boolean areAlike(String one, String other) {
        String shorter = one.length() < other.length() ? one : other;
        String longer = one.length() < other.length() ? other : one;
        return longer.startsWith(shorter)
                || (shorter.length() >= ENOUGH_LETTERS && (longer.contains(shorter) || differInOne(longer, shorter)));
    }

    /** Returns whether one letter differs, is missing, or has changed places with its neighbour. */
    private static boolean differInOne(String longer, String shorter) {
        int first = 0;
        while (first < shorter.length() && longer.charAt(first) == shorter.charAt(first)) {
            first++;
        }
        String rest = longer.substring(first);
        String other = shorter.substring(first);
        if (longer.length() > shorter.length()) {
            return longer.length() == shorter.length() + 1 && rest.substring(1).equals(other);
        }
        return rest.isEmpty()
                || rest.substring(1).equals(other.substring(1))
                || (rest.length() > 1
                        && rest.charAt(0) == other.charAt(1)
                        && rest.charAt(1) == other.charAt(0)
                        && rest.substring(2).equals(other.substring(2)));
    }

    /** Returns the user's name for an address, or its id. */
    public String nameOf(Address address) {
        return name(address).orElse(address.toString());
    }

    public String nameOf(ClientId id) {
        return nameOf(id.asAddress());
    }

    /** Returns the user's name for an address; empty when it has none. */
    public Optional<String> name(Address address) {
        return people.nameOf(address);
    }

    /** Returns all names, those of people first. */
    public List<String> names() {
        return entries().stream().map(Entry::name).toList();
    }

    public List<String> namesOfPeople() {
        return contacts().stream().map(Entry::name).toList();
    }

    public List<String> namesOfGroups() {
        return groups().stream().map(Entry::name).toList();
    }

    /** Returns why this name cannot be given to a person or group; null when it can. */
    public @Nullable Objection objectionTo(String name, @Nullable Address owner) {
        Names.@Nullable Fault fault = Names.faultOf(name);
        if (fault != null) {
            return new Objection.Bad(fault);
        }
        if (RESERVED.contains(Names.letters(name))) {
            return new Objection.Reserved(name);
        }
        String looks = Names.looks(name);
        String key = Names.key(name);
        for (Entry entry : entries()) {
            boolean alike = Names.looks(entry.name()).equals(looks)
                    || Names.key(entry.name()).equals(key);
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
}
