import dev.whittle.ir.OpType;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the index of built-in operators that {@code dev.whittle.ir.op.OpCatalog} reads: a line
 * {@code CODE CLASS} for each class below {@code dev.whittle.ir.op} with a field {@code public
 * static final OpType<?> TYPE}, sorted by code. CLASS is the class's name after that package's. Run
 * it with {@code java -cp CLASSES quality/build/IndexOperators.java CLASSES}, where CLASSES is the
 * folder of compiled classes; the index is written to {@code META-INF/whittle/operators} in that
 * folder.
 */
public final class IndexOperators {
  private static final String PACKAGE = "dev/whittle/ir/op";
  private static final String INDEX = "META-INF/whittle/operators";

  private IndexOperators() {}

  public static void main(String[] args) throws Exception {
    Path classes = Path.of(args[0]);
    Map<Integer, String> operators = new TreeMap<>();
    for (String name : classNames(classes)) {
      OpType<?> type = operatorType(name);
      if (type == null) {
        continue;
      }
      String other = operators.put(type.code(), name);
      if (other != null) {
        System.err.printf(
            "operators %s and %s both have code %d; give each TYPE the code of its operator in the"
                + " schema%n",
            other, name, type.code());
        System.exit(1);
      }
    }
    if (operators.isEmpty()) {
      System.err.printf(
          "no class below %s has a TYPE; compile libs/ir first%n", classes.resolve(PACKAGE));
      System.exit(1);
    }
    var index = new StringBuilder();
    operators.forEach(
        (code, name) ->
            index
                .append(code)
                .append(' ')
                .append(name, PACKAGE.length() + 1, name.length())
                .append('\n'));
    write(classes.resolve(INDEX), index.toString());
  }

  private static List<String> classNames(Path classes) throws IOException {
    try (var files = Files.walk(classes.resolve(PACKAGE))) {
      return files
          .map(file -> classes.relativize(file).toString().replace('\\', '/'))
          .filter(file -> file.endsWith(".class") && !file.contains("$"))
          .filter(file -> !file.endsWith("package-info.class"))
          .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
          .sorted()
          .toList();
    }
  }

  /** Returns the value of a class's {@code TYPE}; null if the class is no built-in operator. */
  private static OpType<?> operatorType(String className) throws ReflectiveOperationException {
    for (Field field : Class.forName(className).getDeclaredFields()) {
      boolean isConstant =
          Modifier.isPublic(field.getModifiers())
              && Modifier.isStatic(field.getModifiers())
              && Modifier.isFinal(field.getModifiers());
      if (isConstant && field.getName().equals("TYPE") && field.getType() == OpType.class) {
        return (OpType<?>) field.get(null);
      }
    }
    return null;
  }

  /** Writes the index unless it is up to date, so that its time stamp tells of changes only. */
  private static void write(Path file, String text) throws IOException {
    if (Files.exists(file) && Files.readString(file).equals(text)) {
      return;
    }
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
