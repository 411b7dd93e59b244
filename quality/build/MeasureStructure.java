import com.sun.source.doctree.DocCommentTree;
import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;

/**
 * Measures the structure of the Java sources below a folder, and with {@code --check} fails where a
 * figure passes its limit. Sources of tests count for Javadoc openings only. Run it with {@code
 * java quality/build/MeasureStructure.java [--check] [FOLDER]} on Java 25 or newer.
 */
public final class MeasureStructure {
  private static final int MAX_FILES = 40;
  private static final int MAX_PARAMETERS = 8;
  private static final int MAX_LINES = 80;
  private static final int CLONE_LINES = 6;

  /** Packages whose methods may have more parameters and lines: unrolled inner loops. */
  private static final Pattern LOOPS = Pattern.compile("dev\\.whittle\\.runtime\\.kernel\\.simd");

  private static final Pattern OPENING =
      Pattern.compile("^(What|Who|Whose|How|Where|Whether|Which|That which)\\b");

  private record Method(String name, String packageName, int parameters, int lines) {}

  private final Map<String, Set<String>> files = new TreeMap<>();
  private final Map<String, Set<String>> imports = new TreeMap<>();
  private final List<Method> methods = new ArrayList<>();
  private final List<String> openings = new ArrayList<>();
  private final Map<String, Set<String>> windows = new HashMap<>();
  private int comments;
  private long lines;

  public static void main(String[] args) throws IOException {
    boolean check = List.of(args).contains("--check");
    String folder = ".";
    for (String arg : args) {
      folder = arg.startsWith("--") ? folder : arg;
    }
    var measure = new MeasureStructure();
    measure.read(Path.of(folder));
    List<String> failures = measure.report();
    if (check && !failures.isEmpty()) {
      System.err.println("Structure: beyond the limits:");
      failures.forEach(f -> System.err.println("  " + f));
      System.exit(1);
    }
  }

  private static List<Path> sources(Path root) throws IOException {
    try (var walk = Files.walk(root)) {
      return walk.filter(p -> p.toString().endsWith(".java"))
          .filter(p -> p.toString().replace('\\', '/').contains("/src/"))
          .filter(p -> !p.toString().replace('\\', '/').contains("/target/"))
          .filter(p -> !p.endsWith("module-info.java"))
          .sorted()
          .toList();
    }
  }

  private void read(Path root) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  diagnostic -> {},
                  List.of("-proc:none"),
                  null,
                  manager.getJavaFileObjectsFromPaths(sources(root)));
      DocTrees trees = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        new Reader(unit, trees).scan(unit, null);
        clones(unit);
      }
    }
  }

  /** Reads one file. */
  private final class Reader extends TreePathScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final DocTrees trees;
    private final boolean test;
    private final String packageName;
    private final String file;
    private final String source;

    Reader(CompilationUnitTree unit, DocTrees trees) throws IOException {
      this.source = unit.getSourceFile().getCharContent(true).toString();
      this.unit = unit;
      this.trees = trees;
      String path = unit.getSourceFile().toUri().getPath();
      this.test = path.contains("/src/test/");
      this.packageName = unit.getPackage().getPackageName().toString();
      this.file = path.substring(path.lastIndexOf('/') + 1).replace(".java", "");
      if (!test && !file.equals("package-info")) {
        files.computeIfAbsent(packageName, p -> new TreeSet<>()).add(file);
      }
    }

    @Override
    public Void visitImport(ImportTree node, Void unused) {
      String name = node.getQualifiedIdentifier().toString();
      if (!test && name.startsWith("dev.whittle.")) {
        String imported = name.replaceAll("\\.[A-Z].*", "");
        if (!imported.equals(packageName)) {
          imports.computeIfAbsent(packageName, p -> new TreeSet<>()).add(imported);
        }
      }
      return super.visitImport(node, unused);
    }

    @Override
    public Void visitClass(ClassTree node, Void unused) {
      opening(getCurrentPath(), node.getSimpleName().toString());
      return super.visitClass(node, unused);
    }

    @Override
    public Void visitVariable(VariableTree node, Void unused) {
      opening(getCurrentPath(), node.getName().toString());
      return super.visitVariable(node, unused);
    }

    @Override
    public Void visitMethod(MethodTree node, Void unused) {
      opening(getCurrentPath(), node.getName().toString());
      BlockTree body = node.getBody();
      if (!test) {
        LineMap map = unit.getLineMap();
        SourcePositions positions = trees.getSourcePositions();
        long first = positions.getStartPosition(unit, node);
        long last = positions.getEndPosition(unit, node);
        if (first >= 0 && last >= 0) {
          int length = (int) (map.getLineNumber(last) - map.getLineNumber(first) + 1);
          methods.add(
              new Method(
                  file + "#" + node.getName(),
                  packageName,
                  isCompact(node, first) ? 0 : node.getParameters().size(),
                  body == null ? 0 : length));
        }
      }
      return super.visitMethod(node, unused);
    }

    /**
     * Returns whether a method is the compact constructor of a record, which repeats no parameters.
     */
    private boolean isCompact(MethodTree node, long first) {
      long body = trees.getSourcePositions().getStartPosition(unit, node.getBody());
      return node.getReturnType() == null
          && body > first
          && !source.substring((int) first, (int) body).contains("(");
    }

    private void opening(TreePath path, String name) {
      DocCommentTree comment = trees.getDocCommentTree(path);
      if (comment == null) {
        return;
      }
      comments++;
      String text = comment.getFirstSentence().toString().strip();
      if (OPENING.matcher(text).find()) {
        openings.add(file + "#" + name + ": " + text);
      }
    }
  }

  /** Counts runs of lines that occur in two places, with names, strings and numbers alike. */
  private void clones(CompilationUnitTree unit) throws IOException {
    String path = unit.getSourceFile().toUri().getPath();
    if (path.contains("/src/test/")) {
      return;
    }
    List<String> normalized = new ArrayList<>();
    for (String line : unit.getSourceFile().getCharContent(true).toString().split("\n")) {
      lines++;
      String text = line.strip();
      boolean code =
          text.length() > 1
              && !text.startsWith("*")
              && !text.startsWith("/")
              && !text.startsWith("import ")
              && !text.startsWith("@");
      if (code) {
        normalized.add(
            text.replaceAll("\"[^\"]*\"", "S")
                .replaceAll("\\b\\d[\\w.]*\\b", "N")
                .replaceAll("\\b[a-z]\\w*\\b(?!\\()", "v"));
      }
    }
    for (int i = 0; i + CLONE_LINES <= normalized.size(); i++) {
      String window = String.join("\n", normalized.subList(i, i + CLONE_LINES));
      windows.computeIfAbsent(window, w -> new HashSet<>()).add(path + ":" + i);
    }
  }

  private List<String> report() {
    List<String> failures = new ArrayList<>();
    var largest = files.entrySet().stream().max(Comparator.comparing(e -> e.getValue().size()));
    largest.ifPresent(
        e ->
            System.out.printf(
                "packages              %d, the largest %s with %d files%n",
                files.size(), e.getKey(), e.getValue().size()));
    files.forEach(
        (name, inside) -> {
          if (inside.size() > MAX_FILES) {
            failures.add("%s has %d files, more than %d".formatted(name, inside.size(), MAX_FILES));
          }
        });
    Set<String> circles = circles();
    System.out.printf(
        "packages in circles   %d %s%n", circles.size(), circles.isEmpty() ? "" : circles);
    circles.forEach(c -> failures.add(c + " depends on itself through other packages"));
    int[] parameters = methods.stream().mapToInt(Method::parameters).sorted().toArray();
    int[] lengths = methods.stream().mapToInt(Method::lines).sorted().toArray();
    int p90 = parameters.length * 9 / 10;
    System.out.printf(
        "methods               %d; parameters: p90 %d, p99 %d, max %d; lines: median %d, p90 %d,"
            + " max %d%n",
        methods.size(),
        parameters[p90],
        parameters[parameters.length * 99 / 100],
        parameters[parameters.length - 1],
        lengths[lengths.length / 2],
        lengths[p90],
        lengths[lengths.length - 1]);
    List<Method> trains =
        methods.stream()
            .filter(m -> m.parameters > MAX_PARAMETERS && !m.name.endsWith("#<init>"))
            .filter(m -> !LOOPS.matcher(m.packageName).matches())
            .sorted(Comparator.comparing(m -> -m.parameters))
            .toList();
    System.out.printf(
        "methods of more than %d parameters, outside simd: %d%n", MAX_PARAMETERS, trains.size());
    List<Method> constructors =
        methods.stream()
            .filter(m -> m.parameters > MAX_PARAMETERS && m.name.endsWith("#<init>"))
            .filter(m -> !LOOPS.matcher(m.packageName).matches())
            .toList();
    System.out.printf(
        "constructors of more than %d parameters: %d%n", MAX_PARAMETERS, constructors.size());
    trains.forEach(
        m ->
            failures.add(
                "%s has %d parameters, more than %d"
                    .formatted(m.name, m.parameters, MAX_PARAMETERS)));
    constructors.forEach(
        m ->
            failures.add(
                "%s has %d parameters, more than %d"
                    .formatted(m.name, m.parameters, MAX_PARAMETERS)));
    List<Method> longest =
        methods.stream()
            .filter(m -> m.lines > MAX_LINES && !LOOPS.matcher(m.packageName).matches())
            .sorted(Comparator.comparing(m -> -m.lines))
            .toList();
    System.out.printf(
        "methods of more than %d lines, outside simd: %d%n", MAX_LINES, longest.size());
    longest.forEach(
        m -> failures.add("%s has %d lines, more than %d".formatted(m.name, m.lines, MAX_LINES)));
    System.out.printf(
        "Javadoc comments      %d, of which %d begin with What, Who, How, Where, Whether or"
            + " Which%n",
        comments, openings.size());
    openings.forEach(o -> failures.add("Javadoc of " + o));
    long repeated = windows.values().stream().filter(w -> w.size() > 1).count();
    System.out.printf(
        "normalized clones     %d runs of %d lines occur more than once, in %d lines of main"
            + " code%n",
        repeated, CLONE_LINES, lines);
    return failures;
  }

  private Set<String> circles() {
    Set<String> found = new TreeSet<>();
    for (String start : imports.keySet()) {
      Set<String> seen = new HashSet<>();
      var open = new ArrayDeque<>(imports.get(start));
      while (!open.isEmpty()) {
        String next = open.pop();
        if (seen.add(next)) {
          open.addAll(imports.getOrDefault(next, Set.of()));
        }
      }
      if (seen.contains(start)) {
        found.add(start);
      }
    }
    return found;
  }
}
