package zap.shell.command.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.shell.core.command.Command;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandOption;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.ParsedInput;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.Texts;

class CommandLineParserTest {

    private static final CommandOption JSON =
            CommandOption.with().longName("json").type(Boolean.class).build();
    private static final CommandOption LAST = CommandOption.with()
            .longName("last")
            .shortName('n')
            .type(String.class)
            .build();

    private final CommandLineParser lines =
            new CommandLineParser(registry(), Map.of("send", 1, "search", 0), new Texts(Locale.ENGLISH));

    private static CommandRegistry registry() {
        var registry = new CommandRegistry(new HashSet<>(Set.of()));
        registry.registerCommand(Command.builder().name("send").execute(c -> {}));
        registry.registerCommand(
                Command.builder().name("search").options(JSON, LAST).execute(c -> {}));
        registry.registerCommand(
                Command.builder().name("history").options(JSON, LAST).execute(c -> {}));
        registry.registerCommand(Command.builder().name("contact add").execute(c -> {}));
        return registry;
    }

    private static List<String> arguments(ParsedInput input) {
        return input.arguments().stream().map(CommandArgument::value).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "don't",
                "wow!!",
                "\"quoted\"",
                "a   b",
                "  indented",
                "back\\slash",
                "--json",
                "-- x",
                "# 1",
                "a\nb\n\nc",
                "$(rm)",
                "100%",
                "it's --what=ever"
            })
    void aTextArrivesAsItWasTyped(String text) {
        assertThat(arguments(lines.parse("send ana " + text))).containsExactly("ana", text.equals("-- x") ? "x" : text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"don't", "wow!!", "a   b", "", "--json", "a\nb"})
    void soDoesOneOfACall(String text) {
        assertThat(arguments(lines.parse(List.of("send", "ana", text)))).containsExactly("ana", text);
    }

    @Test
    void theWordsOfACallAreJoinedByOneBlank() {
        assertThat(arguments(lines.parse(List.of("send", "ana", "a", "b  c")))).containsExactly("ana", "a b  c");
    }

    @Test
    void optionsStandAnywhereButInAText() {
        ParsedInput input = lines.parse("history ana --json -n 5");
        assertThat(arguments(input)).containsExactly("ana");
        assertThat(input.options()).extracting(CommandOption::longName).containsExactly("json", "last");
        ParsedInput search = lines.parse("search --last=3 a --json b");
        assertThat(arguments(search)).containsExactly("a --json b");
        assertThat(search.options()).hasSize(1);
    }

    @Test
    void aCommandOfTwoWordsIsOne() {
        ParsedInput input = lines.parse("contact add ana 1");
        assertThat(input.commandName()).isEqualTo("contact");
        assertThat(input.subCommands()).containsExactly("add");
        assertThat(arguments(input)).containsExactly("ana", "1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "history --nonsense", "history --last", "contact"})
    void whatIsNoCommandOrOptionIsRefused(String line) {
        assertThatThrownBy(() -> lines.parse(line))
                .isInstanceOfSatisfying(
                        RefusedCommandException.class,
                        r -> assertThat(r.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void askingForHelpIsAnOption() {
        assertThat(lines.parse("send --help").options())
                .extracting(CommandOption::longName)
                .containsExactly("help");
    }
}
