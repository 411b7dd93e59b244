package dev.whittle.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs programs that use the libraries as their users do: from the module path, from the class path
 * and from an image that {@code jlink} makes.
 */
class ModulePathTest {
  private static final Path TEST_DATA = Path.of("..", "testdata").toAbsolutePath().normalize();
  private static final Path MODEL = TEST_DATA.resolve("mnist/int8.tflite");
  private static final Path KERAS = TEST_DATA.resolve("keras/conv_bn_relu.keras");

  private static final String RUN =
      """
      package app;

      import dev.whittle.ir.tensor.Tensor;
      import dev.whittle.runtime.Interpreter;
      import dev.whittle.runtime.InterpreterOptions;
      import java.nio.file.Path;

      public final class Run {
        public static void main(String[] args) throws Exception {
          long first = run(Path.of(args[0]), "fast");
          long second = run(Path.of(args[0]), args.length > 1 ? args[1] : "reference");
          System.out.println(first == second ? "equal in " + Run.class.getModule() : "different");
        }

        private static long run(Path model, String engine) throws Exception {
          var options = InterpreterOptions.DEFAULT.withEngine(engine);
          try (var interpreter = Interpreter.of(model, options)) {
            interpreter.allocateTensors();
            Tensor input = interpreter.getInputTensor(0);
            for (long i = 0; i < input.elements(); i++) {
              input.setInteger(i, i % 100);
            }
            interpreter.invoke();
            Tensor output = interpreter.getOutputTensor(0);
            long sum = 0;
            for (long i = 0; i < output.elements(); i++) {
              sum = 31 * sum + output.getInteger(i);
            }
            return sum;
          }
        }
      }
      """;

  private static final String CONVERT =
      """
      package app;

      import dev.whittle.convert.TfLiteConverter;
      import java.nio.file.Path;

      public final class Convert {
        public static void main(String[] args) throws Exception {
          byte[] model = TfLiteConverter.fromKerasModel(Path.of(args[0])).convert();
          System.out.println((model.length > 1000) + " in " + Convert.class.getModule());
        }
      }
      """;

  @TempDir private Path folder;

  @Test
  void everyLibraryIsANamedModule() {
    Set<String> names =
        classPath().stream()
            .filter(p -> Files.exists(p.resolve("module-info.class")) || isJar(p))
            .flatMap(p -> ModuleFinder.of(p).findAll().stream())
            .map(ModuleReference::descriptor)
            .filter(d -> d.name().startsWith("dev.whittle.") && !d.isAutomatic())
            .map(ModuleDescriptor::name)
            .collect(Collectors.toSet());
    assertEquals(
        Stream.of(
                "convert",
                "data",
                "evaluate",
                "io",
                "ir",
                "json",
                "litert",
                "optimize",
                "runtime",
                "tflite",
                "train",
                "vision")
            .map(n -> "dev.whittle." + n)
            .collect(Collectors.toSet()),
        names);
  }

  @Test
  void modelsRunFromTheModulePath() throws Exception {
    Path app = compile("dev.whittle.runtime", Map.of("Run", RUN));
    assertEquals(
        "equal in module app", java("-p", modulePath(app), "-m", "app/app.Run", MODEL.toString()));
  }

  @Test
  void theNativeRuntimeIsFoundOnTheModulePath() throws Exception {
    Path app = compile("dev.whittle.runtime", Map.of("Run", RUN));
    assertEquals(
        "equal in module app",
        java(
            "-p",
            modulePath(app),
            "--add-modules",
            "dev.whittle.litert,ALL-MODULE-PATH",
            "-m",
            "app/app.Run",
            MODEL.toString(),
            "litert"));
  }

  @Test
  void modelsConvertFromTheModulePath() throws Exception {
    Path app = compile("dev.whittle.convert", Map.of("Convert", CONVERT));
    assertEquals(
        "true in module app",
        java("-p", modulePath(app), "-m", "app/app.Convert", KERAS.toString()));
  }

  @Test
  void modelsRunAndConvertFromTheClassPath() throws Exception {
    Path app = compile("dev.whittle.convert", Map.of("Run", RUN, "Convert", CONVERT));
    String path = app + File.pathSeparator + System.getProperty("java.class.path");
    assertEquals(
        "equal in unnamed module",
        java("-cp", path, "app.Run", MODEL.toString()).replaceAll(" @.*", ""));
    assertEquals(
        "true in unnamed module",
        java("-cp", path, "app.Convert", KERAS.toString()).replaceAll(" @.*", ""));
  }

  /**
   * {@code jlink} takes no automatic modules, and the flatbuffers library is one: it gets a
   * descriptor, as {@code docs/modules.md} describes for users.
   */
  @Test
  void anImageOfTheRuntimeRunsModels() throws Exception {
    Path app = compile("dev.whittle.runtime", Map.of("Run", RUN));
    Path described = Files.createDirectory(folder.resolve("described"));
    List<Path> modules = new ArrayList<>(List.of(app));
    for (Path path : required("dev.whittle.runtime")) {
      modules.add(isAutomatic(path) ? withDescriptor(path, described) : path);
    }
    Path image = folder.resolve("image");
    tool(
        "jlink",
        "-p",
        join(modules),
        "--add-modules",
        "app,jdk.incubator.vector",
        "--output",
        image.toString());
    String java = image.resolve("bin").resolve("java").toString();
    assertEquals(
        "equal in module app",
        run(
            List.of(
                java,
                "--add-modules",
                "jdk.incubator.vector",
                "-m",
                "app/app.Run",
                MODEL.toString())));
  }

  /**
   * Compiles a module {@code app} that requires a library, and returns the folder of its classes.
   */
  private Path compile(String library, Map<String, String> classes) throws IOException {
    Path sources = Files.createDirectories(folder.resolve("sources"));
    Path output = folder.resolve("app");
    Files.writeString(
        sources.resolve("module-info.java"),
        "module app { requires %s; exports app; }".formatted(library));
    List<String> arguments = new ArrayList<>(List.of("-p", modulePath(), "-d", output.toString()));
    arguments.add(sources.resolve("module-info.java").toString());
    for (var source : new TreeMap<>(classes).entrySet()) {
      Path file = sources.resolve(source.getKey() + ".java");
      Files.writeString(file, source.getValue());
      arguments.add(file.toString());
    }
    tool("javac", arguments.toArray(String[]::new));
    return output;
  }

  private static List<Path> classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  private static boolean isJar(Path path) {
    return path.toString().endsWith(".jar");
  }

  private static ModuleDescriptor descriptor(Path path) {
    return ModuleFinder.of(path).findAll().iterator().next().descriptor();
  }

  private static boolean isAutomatic(Path path) {
    return descriptor(path).isAutomatic();
  }

  /** Returns what a module and those that it requires are read from, optional ones included. */
  private static Set<Path> required(String name) {
    Map<String, Path> byName = new TreeMap<>();
    for (Path path : classPath()) {
      if (isJar(path) || Files.exists(path.resolve("module-info.class"))) {
        byName.putIfAbsent(descriptor(path).name(), path);
      }
    }
    Set<Path> found = new HashSet<>();
    List<String> open = new ArrayList<>(List.of(name));
    while (!open.isEmpty()) {
      Path path = byName.get(open.removeLast());
      if (path != null && found.add(path)) {
        descriptor(path).requires().forEach(r -> open.add(r.name()));
      }
    }
    return found;
  }

  private static String modulePath(Path... more) {
    List<Path> paths = new ArrayList<>(List.of(more));
    Set<String> names = new HashSet<>();
    for (Path path : classPath()) {
      boolean module = isJar(path) || Files.exists(path.resolve("module-info.class"));
      if (module && !isTestLibrary(path) && names.add(descriptor(path).name())) {
        paths.add(path);
      }
    }
    return join(paths);
  }

  /** Two logging libraries and those for tests have packages in common. */
  private static boolean isTestLibrary(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith("slf4j-nop")
        || name.startsWith("slf4j-simple")
        || name.startsWith("junit")
        || name.startsWith("archunit")
        || name.startsWith("surefire");
  }

  private static String join(List<Path> paths) {
    return paths.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  /** Copies an automatic module with a descriptor that {@code jdeps} makes of it. */
  private static Path withDescriptor(Path jar, Path to) throws IOException {
    Path copy = to.resolve(jar.getFileName());
    Files.copy(jar, copy);
    tool("jdeps", "--ignore-missing-deps", "--generate-module-info", to.toString(), jar.toString());
    String name = descriptor(jar).name();
    Path source = to.resolve(name);
    if (!Files.exists(source.resolve("module-info.java"))) {
      source = source.resolve("versions");
      try (var versions = Files.list(source)) {
        source = versions.findFirst().orElseThrow();
      }
    }
    tool(
        "javac",
        "--patch-module",
        name + "=" + jar,
        "-d",
        to.resolve("classes").toString(),
        source.resolve("module-info.java").toString());
    tool(
        "jar",
        "--update",
        "--file",
        copy.toString(),
        "-C",
        to.resolve("classes").toString(),
        "module-info.class");
    return copy;
  }

  private static void tool(String name, String... arguments) {
    var output = new StringWriter();
    var writer = new PrintWriter(output, true);
    int status = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments);
    assertEquals(0, status, () -> name + " " + String.join(" ", arguments) + "\n" + output);
  }

  private static String java(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of(arguments));
    return run(command);
  }

  /** Runs a program and returns the last line that it prints. */
  private static String run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    List<String> lines = output.lines().toList();
    assertTrue(!lines.isEmpty(), "printed nothing");
    return lines.getLast();
  }
}
