package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Follows docs/adding-an-operator.md: compiles its code against the project and runs {@link
 * GuideOperator} with it, in a Java virtual machine of its own.
 */
class AddingAnOperatorTest {
  private static final Path ROOT = Path.of("../..");
  private static final String INDEX = "META-INF/whittle/operators";
  private static final String KERNELS = "dev/whittle/tflite/native-kernels.txt";
  private static final String ATTRIBUTES = "dev/whittle/convert/savedmodel/attributes.txt";

  @TempDir private Path folder = Path.of("");

  @Test
  void guideTouchesFourFilesAndTwoMoreForAFastKernel() throws IOException {
    Map<String, String> sources = Guide.sources(ROOT);
    assertEquals(6, sources.size(), () -> sources.keySet().toString());
    assertEquals(2, sources.keySet().stream().filter(p -> p.startsWith("libs/runtime/")).count());
  }

  @Test
  void operatorOfTheGuideWorksEverywhere() throws Exception {
    compile(Guide.sources(ROOT));
    append(INDEX, "250 activation.TriangleWave");
    append(KERNELS, "TRIANGLE_WAVE any ; invented");
    append(ATTRIBUTES, "TriangleWave ~T period=f:1.0");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            folder + File.pathSeparator + classPath(),
            GuideOperator.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
  }

  private void compile(Map<String, String> sources) {
    List<JavaFileObject> units = new ArrayList<>();
    sources.forEach((path, text) -> units.add(new Source(path, text)));
    var messages = new StringWriter();
    List<String> options =
        List.of(
            "-d",
            folder.toString(),
            "-cp",
            classPath(),
            "--add-modules",
            "jdk.incubator.vector",
            "-proc:none",
            "-nowarn");
    boolean compiled =
        ToolProvider.getSystemJavaCompiler()
            .getTask(messages, null, null, options, null, units)
            .call();
    assertTrue(compiled, messages::toString);
  }

  /** Writes a resource with one more line; the build does so for the catalog's index. */
  private void append(String resource, String line) throws IOException {
    Path changed = folder.resolve(resource);
    Files.createDirectories(Objects.requireNonNull(changed.getParent()));
    try (InputStream built = getClass().getClassLoader().getResourceAsStream(resource)) {
      String text =
          new String(
              Objects.requireNonNull(built, resource).readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(changed, text + line + "\n");
    }
  }

  /** Returns the class path of this test; some launchers load tests with a loader of their own. */
  private static String classPath() {
    List<String> paths = new ArrayList<>();
    if (AddingAnOperatorTest.class.getClassLoader() instanceof URLClassLoader loader) {
      for (URL url : loader.getURLs()) {
        paths.add(Path.of(URI.create(url.toString())).toString());
      }
    }
    paths.add(System.getProperty("java.class.path"));
    return String.join(File.pathSeparator, paths);
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String path, String text) {
      super(URI.create("string:///" + path), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
