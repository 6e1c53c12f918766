package zap.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Keeps the house tidy: what a reviewer would have to say again and again is said here once. */
class TidyTest {

    private static final Pattern TEXT =
            Pattern.compile(".*\\.(java|md|xml|ya?ml|json|sql|sh|py|properties|toml|config|imports)|zap|run"
                    + "|Dockerfile|\\.gitignore|\\.editorconfig");
    private static final Predicate<String> IS_TEXT = TEXT.asMatchPredicate();
    private static final Predicate<String> IS_JAVA = name -> name.endsWith(".java");

    /** Capitalised words in code font that are no types, with the reason why they stand there. */
    private static final Map<String, String> NO_TYPES_OF_OURS = Map.of();

    /** Simple names that several top-level types have, with the reason. */
    private static final Map<String, String> NAMES_OF_SEVERAL_TYPES = Map.of();

    @Test
    void everyPackageSaysWhatItIsAndThatNothingInItIsNull() {
        List<String> untidy = House.files(IS_JAVA).stream()
                .filter(file -> inMain(file))
                .map(Path::getParent)
                .distinct()
                .filter(folder -> !Files.exists(folder.resolve("package-info.java"))
                        || !House.read(folder.resolve("package-info.java"))
                                .matches("(?s)\\s*/\\*\\*.*@NullMarked\\s+package .*"))
                .map(folder -> shown(folder) + " needs a package-info.java with a comment and @NullMarked")
                .toList();
        assertThat(untidy).isEmpty();
    }

    @Test
    void namesSayWhatThingsAre() {
        var types = Pattern.compile(".*(Impl|Utils?|Helper|Manager|Dto|Constants)(Test|IT)?\\.java");
        var packages = Pattern.compile("dtos?|entit(y|ies)|utils?|helpers?|impl|common|misc|models?");
        List<String> untidy = House.files(IS_JAVA).stream()
                .filter(file -> types.matcher(file.getFileName().toString()).matches()
                        || packages.matcher(file.getParent().getFileName().toString())
                                .matches())
                .map(file -> shown(file) + ": name the thing that differs")
                .toList();
        assertThat(untidy).isEmpty();
    }

    @Test
    void nothingIsLeftForLater() {
        assertThat(lines(IS_TEXT, "\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b", "do it, or file it"))
                .isEmpty();
    }

    @Test
    void whoeverSleepsSaysWhy() {
        var untidy = new ArrayList<String>();
        for (Path file : House.files(IS_JAVA)) {
            List<String> lines = House.read(file).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                String here = String.join("\n", lines.subList(Math.max(0, i - 3), i + 1));
                if (lines.get(i).contains("Thread." + "sleep(") && !here.contains("//") && !here.contains("*/")) {
                    untidy.add(shown(file) + ":" + (i + 1) + " sleeps and does not say why in a comment just above");
                }
            }
        }
        assertThat(untidy).isEmpty();
    }

    @Test
    void noTabsNoTrailingBlanksAndAnEndToEveryFile() {
        assertThat(lines(IS_TEXT, "\t", "a tab")).isEmpty();
        assertThat(lines(IS_TEXT, "[ \\r]+$", "trailing blanks")).isEmpty();
        assertThat(House.files(IS_TEXT).stream()
                        .filter(file ->
                                !House.read(file).isEmpty() && !House.read(file).endsWith("\n"))
                        .map(TidyTest::shown))
                .as("files without a line break at their end")
                .isEmpty();
    }

    /** A path of one person's machine, or the address of one company's registry, works for nobody else. */
    @Test
    void nothingTellsWhereItWasMade() {
        assertThat(lines(
                        IS_TEXT,
                        "(^|[\\s\"'(=:])/(wor" + "k|roo" + "t|hom" + "e|User" + "s)/\\w",
                        "a path of somebody's machine"))
                .isEmpty();
        assertThat(lines(
                        IS_TEXT,
                        "https?://[^/\\s\"]*(repo|registry|mirror|proxy|nexus|artifactory)[^/\\s\"]*\\.",
                        "a registry"))
                .isEmpty();
        assertThat(lines(
                        name -> name.equals("pom.xml"),
                        "<(repositories|pluginRepositories|distributionManagement)>",
                        "a registry"))
                .isEmpty();
    }

    /**
     * The compiler sees to it in the modules; programs of one file are compiled as they are started, without checks.
     */
    @Test
    void programsOfOneFileWriteTheSameDigitsAndLettersEverywhere() {
        var implicit = Pattern.compile(
                "\\b(printf|String\\.format|ofPattern|to(Lower|Upper)Case)\\(\\s*(?!Locale\\.ROOT|[^;]*Locale\\.ROOT)"
                        + "|%[-#+ 0,(]*\\d*(\\.\\d+)?[dfxXeEgG][^\"\\n]*\"\\)*\\s*(\\.|::)formatted\\b");
        var untidy = new ArrayList<String>();
        for (Path file : House.files(IS_JAVA)) {
            if (isProgramOfOneFile(file)) {
                Matcher found = implicit.matcher(House.read(file));
                while (found.find()) {
                    untidy.add(
                            shown(file) + " needs Locale.ROOT: " + found.group().strip());
                }
            }
        }
        assertThat(untidy).isEmpty();
    }

    @Test
    void versionsLiveInTheParentPom() {
        var untidy = new ArrayList<String>();
        for (Path pom : House.files(name -> name.equals("pom.xml"))) {
            String own = House.read(pom).replaceFirst("(?s)<parent>.*?</parent>", "");
            if (!pom.getParent().equals(House.root()) && own.contains("<version>")) {
                untidy.add(shown(pom) + " has a <version> of its own");
            }
        }
        assertThat(untidy).isEmpty();
    }

    @Test
    void whatBeginsLikeAScriptCanBeRun() {
        assertThat(House.files(IS_TEXT).stream()
                        .filter(file -> House.read(file).startsWith("#!"))
                        .filter(file -> !Files.isExecutable(file))
                        .map(TidyTest::shown))
                .as("scripts that are not executable")
                .isEmpty();
    }

    @Test
    void docCommentsOpenWithAVerbOrANoun() {
        List<JavaFile> files = mainSources();
        long all = files.stream().mapToLong(file -> file.docComments().size()).sum();
        List<String> indirect = files.stream()
                .flatMap(file -> file.docComments().stream()
                        .filter(Wording::opensIndirectly)
                        .map(comment ->
                                shown(file.path()) + ": " + comment.substring(0, Math.min(70, comment.length()))))
                .toList();
        assertThat(all).as("doc comments").isGreaterThan(1_000);
        assertThat(indirect)
                .as("doc comments of %s that open with a clause: begin with a verb (Returns, Closes) or a noun", all)
                .hasSizeLessThan((int) (all * 3 / 100));
    }

    @Test
    void commentsAndDocumentsAreNotWiderThanAScreen() {
        var untidy = new ArrayList<String>();
        for (JavaFile file : sources()) {
            Wording.wideCommentLines(file).forEach(line -> untidy.add(shown(file.path()) + ":" + line));
        }
        for (Path file : House.files(name -> name.endsWith(".md"))) {
            Wording.wideLines(House.read(file)).forEach(line -> untidy.add(shown(file) + ":" + line));
        }
        assertThat(untidy)
                .as("lines of comments and documents wider than %s", Wording.WIDTH)
                .isEmpty();
    }

    /** A type that was renamed or deleted must not live on in what is said about others. */
    @Test
    void typesThatCommentsNameExist() {
        List<JavaFile> files = sources();
        Set<String> known = Wording.typesOfTheJdk();
        files.forEach(file -> known.addAll(file.knownTypes()));
        known.addAll(NO_TYPES_OF_OURS.keySet());
        List<String> untidy = files.stream()
                .flatMap(file -> Wording.unknownTypes(file, known).stream()
                        .map(name -> shown(file.path()) + " names " + name + ", which does not exist"))
                .toList();
        assertThat(untidy).isEmpty();
    }

    @Test
    void everyNameMeansOneType() {
        Map<String, List<Path>> homonyms = Wording.homonyms(mainSources());
        assertThat(homonyms.keySet())
                .as("names of several top-level types, beside the ones with a reason: %s", homonyms)
                .isEqualTo(NAMES_OF_SEVERAL_TYPES.keySet());
    }

    @Test
    void theReadmesAreForTheFirstFiveMinutes() {
        for (String readme : List.of("README.md", "README.pt-BR.md")) {
            assertThat(Wording.linesWithoutScreens(House.read(House.root().resolve(readme))))
                    .as("lines of %s without the screens; move the rest to docs/", readme)
                    .isLessThanOrEqualTo(110);
        }
    }

    @Test
    void everyLinkInTheDocumentsLeadsSomewhere() {
        var headings = new HashMap<Path, List<String>>();
        var untidy = new ArrayList<String>();
        for (Path file : House.files(name -> name.endsWith(".md"))) {
            var link = Pattern.compile("\\[[^\\]]*]\\(<?([^)\\s>]+)>?(?: \"[^\"]*\")?\\)")
                    .matcher(withoutCode(House.read(file)));
            while (link.find()) {
                String target = link.group(1);
                if (!target.matches("[a-z]+:.*") && !leadsSomewhere(file, target, headings)) {
                    untidy.add(shown(file) + " links to " + target + ", which is not there");
                }
            }
        }
        assertThat(untidy).isEmpty();
    }

    private static boolean leadsSomewhere(Path from, String target, Map<Path, List<String>> headings) {
        String path = target.replaceFirst("#.*", "");
        Path file = path.isEmpty() ? from : from.resolveSibling(path).normalize();
        if (!Files.exists(file)) {
            return false;
        }
        return !target.contains("#")
                || !file.toString().endsWith(".md")
                || headings.computeIfAbsent(file, TidyTest::anchors).contains(target.replaceFirst(".*#", ""));
    }

    /** The names of a document's headings, made as the usual viewers make them. */
    private static List<String> anchors(Path file) {
        return withoutFences(House.read(file))
                .lines()
                .filter(line -> line.matches("#{1,6} .*"))
                .map(line -> line.replaceFirst("#+ +", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .toList();
    }

    private static String withoutCode(String markdown) {
        return withoutFences(markdown).replaceAll("`[^`\n]*`", "");
    }

    private static String withoutFences(String markdown) {
        return markdown.replaceAll("(?ms)^ *```.*?^ *```", "");
    }

    /** Every line with a match, as file:line and what is wrong with it. */
    private static List<String> lines(Predicate<String> names, String pattern, String wrong) {
        var compiled = Pattern.compile(pattern);
        var found = new ArrayList<String>();
        for (Path file : House.files(names)) {
            int number = 0;
            for (String line : House.read(file).split("\n", -1)) {
                number++;
                if (compiled.matcher(line).find()) {
                    found.add(shown(file) + ":" + number + " " + wrong);
                }
            }
        }
        return found;
    }

    private static List<JavaFile> sources() {
        return House.files(IS_JAVA).stream().map(JavaFile::read).toList();
    }

    /** Returns the sources of the product and of its tools, programs of one file included; no tests. */
    private static List<JavaFile> mainSources() {
        return sources().stream()
                .filter(file -> inMain(file.path()) || isProgramOfOneFile(file.path()))
                .toList();
    }

    private static boolean isProgramOfOneFile(Path file) {
        return file.getParent().equals(House.root().resolve("ops/tools"))
                || file.getParent().equals(House.root().resolve("ops/tools/build"));
    }

    private static boolean inMain(Path file) {
        return shown(file).contains("/src/main/java/");
    }

    private static String shown(Path file) {
        return House.root().relativize(file).toString().replace('\\', '/');
    }
}
