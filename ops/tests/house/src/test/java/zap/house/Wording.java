package zap.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules of comments, names and documents, as functions of a text, so that each can be tried on a mistake. */
final class Wording {

    /** Columns of a line in a comment or a document. */
    static final int WIDTH = 120;

    private static final Pattern INDIRECT = Pattern.compile(
            "(?:What|How|Whether|Who|Whom|Whose|Whoever|Whatever|Somebody|Someone|Nobody|Those|That|So that|Why|Where"
                    + "|When|As much|As long|From here|The same)\\b.*",
            Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("\\{@code\\s+([A-Z][\\w.]*)[^{}]*}");
    private static final Pattern TYPE_NAME = Pattern.compile("[A-Z][A-Z0-9]*[a-z]\\w*|\\w+IT");
    private static final Pattern LONE_LINK = Pattern.compile(
            "(?:[-*/\\s]|<!--|@see)*(?:<?https?://\\S+>?|\\[[^\\]]*]\\([^)]*\\)|<a href=.*</a>)[.,;]?\\s*");

    private Wording() {}

    /** Tells whether a doc comment opens with a clause in place of a verb or a noun phrase. */
    static boolean opensIndirectly(String docComment) {
        return INDIRECT.matcher(docComment).matches();
    }

    /** Returns the lines of comments that are too wide, as numbers from 1. */
    static List<Integer> wideCommentLines(JavaFile file) {
        String[] lines = file.text().split("\n", -1);
        var wide = new TreeSet<Integer>();
        for (JavaFile.Comment comment : file.comments()) {
            int end = comment.line()
                    + (int) comment.text().chars().filter(c -> c == '\n').count();
            for (int line = comment.line(); line <= end; line++) {
                if (isTooWide(lines[line - 1])) {
                    wide.add(line);
                }
            }
        }
        return List.copyOf(wide);
    }

    /** Returns the lines of a Markdown document that are too wide, as numbers from 1. */
    static List<Integer> wideLines(String markdown) {
        var wide = new ArrayList<Integer>();
        boolean inFence = false;
        boolean inIndentedCode = false;
        String before = "";
        String[] lines = markdown.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            if (line.strip().startsWith("```")) {
                inFence = !inFence;
            }
            inIndentedCode = line.startsWith("    ") && (inIndentedCode || before.isBlank());
            boolean isCode = inFence || inIndentedCode;
            if (!isCode && !line.strip().startsWith("|") && isTooWide(line)) {
                wide.add(i + 1);
            }
            before = line;
        }
        return wide;
    }

    private static boolean isTooWide(String line) {
        return line.codePointCount(0, line.length()) > WIDTH
                && !LONE_LINK.matcher(line).matches();
    }

    /** Returns the types that the doc comments of a file name and that are none of the known ones. */
    static List<String> unknownTypes(JavaFile file, Set<String> known) {
        return file.docComments().stream()
                .flatMap(comment -> CODE.matcher(comment).results())
                .flatMap(found -> Stream.of(found.group(1).split("\\.")))
                .filter(name -> TYPE_NAME.matcher(name).matches() && !known.contains(name))
                .distinct()
                .toList();
    }

    /** Returns the simple names that several top-level types have, with the files that declare them. */
    static Map<String, List<Path>> homonyms(List<JavaFile> files) {
        var declared = new TreeMap<String, List<Path>>();
        for (JavaFile file : files) {
            for (String type : file.topLevelTypes()) {
                declared.computeIfAbsent(type, name -> new ArrayList<>()).add(file.path());
            }
        }
        declared.values().removeIf(paths -> paths.size() == 1);
        return declared;
    }

    /** Returns the number of lines of a README without the screens of its conversation. */
    static long linesWithoutScreens(String readme) {
        return readme.replaceFirst("(?s)<!-- What follows was written.*<!-- What is above was written[^\n]*\n", "")
                .lines()
                .count();
    }

    /** Returns the simple names of the types of the JDK that a server or a client may use. */
    static Set<String> typesOfTheJdk() {
        var known = new TreeSet<String>();
        for (String module : List.of("java.base", "java.sql", "java.net.http", "java.logging", "java.management")) {
            Path folder = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules", module, "java");
            try (var files = Files.walk(folder)) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith(".class"))
                        .flatMap(name -> Stream.of(name.replace(".class", "").split("\\$")))
                        .forEach(known::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return known;
    }
}
