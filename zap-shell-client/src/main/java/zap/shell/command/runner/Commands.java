package zap.shell.command.runner;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeansException;
import org.springframework.context.ApplicationContext;
import org.springframework.shell.core.command.Command;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.annotation.support.CommandFactoryBean;
import zap.shell.command.Syntax;

/**
 * The registry of the commands. It creates a command when it is asked for: a call needs one, and creating all of them
 * takes longer than running one. Spring Shell's own registry creates them all.
 */
final class Commands extends CommandRegistry {

    private final Map<String, Method> methods = new TreeMap<>();
    private final Map<String, Method> aliases = new HashMap<>();
    private final Map<String, Integer> textAfter = new HashMap<>();
    private final Map<Method, Command> made = new HashMap<>();
    private final ApplicationContext context;

    /**
     * @param methods the methods of beans of the context that are commands
     */
    Commands(ApplicationContext context, Stream<Method> methods) {
        this.context = context;
        methods.forEach(this::add);
    }

    private void add(Method method) {
        var command = Objects.requireNonNull(
                method.getAnnotation(org.springframework.shell.core.command.annotation.Command.class));
        String name = String.join(" ", command.name());
        methods.put(name, method);
        for (String alias : command.alias()) {
            aliases.put(alias, method);
        }
        @Nullable Syntax syntax = method.getAnnotation(Syntax.class);
        if (syntax != null) {
            textAfter.put(name, syntax.textAfter());
        }
    }

    /** Returns the names of all commands, in alphabetical order. */
    Set<String> names() {
        return methods.keySet();
    }

    /** Returns the number of words before the text, for each command that takes a text. */
    Map<String, Integer> textAfter() {
        return Map.copyOf(textAfter);
    }

    private synchronized Command made(Method method) {
        @Nullable Command known = made.get(method);
        if (known != null) {
            return known;
        }
        var factory = new CommandFactoryBean(method);
        factory.setApplicationContext(context);
        Command command = factory.getObject();
        made.put(method, command);
        return command;
    }

    @Override
    public Set<Command> getCommands() {
        return methods.values().stream().map(this::made).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public @Nullable Command getCommandByName(String name) {
        @Nullable Method method = methods.get(name);
        return method == null ? getCommandByAlias(name) : made(method);
    }

    @Override
    public @Nullable Command getCommandByAlias(String name) {
        @Nullable Method method = aliases.get(name);
        return method == null ? null : made(method);
    }

    @Override
    public List<Command> getCommandsByPrefix(String prefix) {
        var found = new ArrayList<Command>();
        methods.forEach((name, method) -> {
            if (name.startsWith(prefix)) {
                found.add(made(method));
            }
        });
        aliases.forEach((name, method) -> {
            if (name.startsWith(prefix) && !found.contains(made(method))) {
                found.add(made(method));
            }
        });
        found.sort(Comparator.comparing(Command::getName));
        return found;
    }

    /** Rejects other commands: all are methods of the given classes. */
    @Override
    public void registerCommand(Command command) {
        throw new UnsupportedOperationException("a command is a method of one of the classes that were given");
    }

    @Override
    public void unregisterCommand(Command command) {
        throw new UnsupportedOperationException("commands stay");
    }

    @Override
    public void clearCommands() {
        throw new UnsupportedOperationException("commands stay");
    }

    @Override
    public void afterSingletonsInstantiated() {
        // Spring Shell would search the beans for more commands.
    }

    @Override
    public void setApplicationContext(ApplicationContext ignored) throws BeansException {
        // The constructor has the context already.
    }
}
