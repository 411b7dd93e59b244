package dev.whittle.tflite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Constant;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The first releases of the native runtime that support each version of an operator. */
final class RuntimeVersions {
  private static final int METADATA_BYTES = 16;
  private static final Map<String, String> FIRST_RELEASE = new HashMap<>();

  static {
    for (String line : OptionTable.lines("runtime-versions.txt")) {
      String[] words = line.split(" ", -1);
      for (int i = 1; i < words.length; i++) {
        FIRST_RELEASE.put(words[0] + " " + words[i].split(":", -1)[0], words[i].split(":", -1)[1]);
      }
    }
  }

  private RuntimeVersions() {}

  /**
   * Returns the first release that supports all operators of a model. Operators that are not in the
   * table are ignored; the result is empty if none is.
   *
   * @param versions of the nodes of each graph
   */
  static String minimum(Model model, List<List<Integer>> versions) {
    String minimum = "";
    for (int g = 0; g < model.graphs().size(); g++) {
      Graph graph = model.graphs().get(g);
      for (int n = 0; n < graph.nodes().size(); n++) {
        String key = graph.nodes().get(n).op().type().name() + " v" + versions.get(g).get(n);
        String release = FIRST_RELEASE.getOrDefault(key, "");
        minimum = compare(release, minimum) > 0 ? release : minimum;
      }
    }
    return minimum;
  }

  /** Compares release numbers such as {@code 2.16.1}, component by component. */
  static int compare(String a, String b) {
    return Arrays.compare(parts(a), parts(b));
  }

  private static int[] parts(String release) {
    return release.isEmpty()
        ? new int[0]
        : Arrays.stream(release.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
  }

  /** Returns the metadata entry of a release: ASCII, padded with zero bytes. */
  static Metadata metadata(String release) {
    byte[] text = release.getBytes(StandardCharsets.US_ASCII);
    return new Metadata(
        Metadata.MIN_RUNTIME_VERSION, Constant.of(Arrays.copyOf(text, METADATA_BYTES)));
  }
}
