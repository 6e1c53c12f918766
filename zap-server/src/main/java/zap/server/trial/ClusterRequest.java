package zap.server.trial;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zap.server.database.PostgresPair.Role;

/** A call of {@code ./zap cluster}: to start a cluster, or to do something with the one that runs. */
sealed interface ClusterRequest {

    /** The most nodes. More are of no use on one machine, and the database has connections for these. */
    int MOST_NODES = 9;

    /** The number of nodes unless another one is given: two may be cut off or killed, and one is left. */
    int NODES = 3;

    /** The first node's port unless another one is given. */
    int FIRST_PORT = 7777;

    /**
     * Starts a cluster.
     *
     * @param firstPort the least port to use
     * @param properties of every node, as {@code --name=value}
     */
    record Start(int nodes, int firstPort, List<String> properties) implements ClusterRequest {}

    /** Kills a node or a database with kill -9. */
    record Kill(Member member) implements ClusterRequest {}

    /** Starts a node or a database again. */
    record StartAgain(Member member) implements ClusterRequest {}

    /** Makes the standby the primary. */
    record Promote() implements ClusterRequest {}

    /** Shows what runs. */
    record ShowStatus() implements ClusterRequest {}

    /** Shows how to use the command. */
    record Help() implements ClusterRequest {}

    /** A process of the cluster. */
    sealed interface Member {}

    /** A node, by its letter: the database gives it a number, another one at each start. */
    record NodeMember(String name) implements Member {}

    /** A database, by its role. */
    record DatabaseMember(Role role) implements Member {}

    /** A command line that cannot be understood. */
    final class WrongRequestException extends Exception {

        private static final long serialVersionUID = 1;

        WrongRequestException(String message) {
            super(message, null, false, false);
        }
    }

    /** The properties that are different for every node, or are the cluster's own. */
    Pattern OF_ONE_NODE = Pattern.compile(
            "--(zap\\.database\\..*|zap\\.admin\\.token|zap\\.gateway\\.(recv-|tls-)?port" + "|server\\.port)=.*");

    Pattern PROPERTY = Pattern.compile("--[a-z][^=]*\\.[^=]*=.*", Pattern.DOTALL);
    Pattern NODE = Pattern.compile("(?:node[- ]?)?([a-z])");
    Pattern NUMBER = Pattern.compile("\\d{1,5}");
    int MOST_PORT = 65_000;

    /** Returns the name of a node: the first one is a. */
    static String nameOf(int index) {
        return String.valueOf((char) ('a' + index));
    }

    /** Reads the words of a command line. */
    static ClusterRequest parse(List<String> words) throws WrongRequestException {
        var left = new ArrayDeque<>(words);
        return switch (left.isEmpty() ? "" : left.getFirst()) {
            case "help", "-h", "--help" -> new Help();
            case "status" -> only(left, new ShowStatus());
            case "promote" -> only(left, new Promote());
            case "kill" -> new Kill(member(left));
            case "start" -> new StartAgain(member(left));
            default -> start(left);
        };
    }

    private static ClusterRequest only(Deque<String> words, ClusterRequest request) throws WrongRequestException {
        if (words.size() > 1) {
            throw new WrongRequestException(
                    "zap cluster " + words.getFirst() + " takes no further words, and got: " + words.getLast());
        }
        return request;
    }

    private static Member member(Deque<String> words) throws WrongRequestException {
        String command = words.pop();
        String name = String.join(" ", words);
        Matcher node = NODE.matcher(name);
        if (name.equals("primary") || name.equals("standby")) {
            return new DatabaseMember(name.equals("primary") ? Role.PRIMARY : Role.STANDBY);
        }
        if (!node.matches()) {
            throw new WrongRequestException("zap cluster " + command
                    + " needs the letter of a node, or primary, or standby"
                    + (name.isEmpty() ? "." : ", and got: " + name));
        }
        return new NodeMember(node.group(1));
    }

    private static ClusterRequest start(Deque<String> words) throws WrongRequestException {
        Optional<Integer> nodes = Optional.empty();
        int port = FIRST_PORT;
        var properties = new ArrayList<String>();
        while (!words.isEmpty()) {
            String word = words.pop();
            if (OF_ONE_NODE.matcher(word).matches()) {
                throw new WrongRequestException("zap cluster sets " + word.replaceFirst("=(?s:.*)", "")
                        + " itself, for each node another one. --port PORT says where the first node's ports begin.");
            }
            if (word.equals("--port")) {
                port = number(words.isEmpty() ? "" : words.pop(), "--port needs a port", 1, MOST_PORT);
            } else if (PROPERTY.matcher(word).matches()) {
                properties.add(word);
            } else if (nodes.isEmpty() && NUMBER.matcher(word).matches()) {
                nodes = Optional.of(number(word, "zap cluster starts nodes", 1, MOST_NODES));
            } else {
                throw new WrongRequestException("zap cluster does not know \"" + word + "\". See ./zap cluster help");
            }
        }
        return new Start(nodes.orElse(NODES), port, List.copyOf(properties));
    }

    private static int number(String word, String what, int least, int most) throws WrongRequestException {
        int number = NUMBER.matcher(word).matches() ? Integer.parseInt(word) : -1;
        if (number < least || number > most) {
            throw new WrongRequestException(
                    "%s: %s to %s%s".formatted(what, least, most, word.isEmpty() ? "." : ", and not " + word + "."));
        }
        return number;
    }
}
