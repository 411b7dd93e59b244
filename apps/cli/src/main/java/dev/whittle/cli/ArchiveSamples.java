package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.data.InputArrays;
import dev.whittle.data.InputBinding;
import dev.whittle.data.NpzSamples;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import dev.whittle.npz.NpyHeader;
import dev.whittle.npz.Npz;
import dev.whittle.npz.NpzReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The samples in an archive of NumPy arrays, whose arrays are matched with the inputs of a model.
 * Whatever is not plain from the names is reported on standard error. An archive with the arrays
 * {@code x_train} and {@code x_test}, such as the {@code mnist.npz} of Keras, has two parts, with
 * the labels {@code y_train} and {@code y_test}.
 */
final class ArchiveSamples {
  private static final List<String> PARTS = List.of("train", "test");

  private final Path file;
  private final Map<String, NpyHeader> headers = new LinkedHashMap<>();
  private @Nullable String labels;

  private ArchiveSamples(Path file, @Nullable String labels) {
    this.file = file;
    this.labels = labels;
  }

  /** The values of black and white pixels in arrays of bytes. */
  record Pixels(float low, float high) {}

  /**
   * Opens an archive.
   *
   * @param labels the array with the labels, or an .npy file; null for none
   * @param training whether to take the training part of an archive that has parts
   * @param pixels null to take bytes as they are
   * @throws UsageException if {@code pixels} is given and no array holds bytes
   */
  static NpzSamples open(
      Path file, @Nullable String labels, Model model, boolean training, @Nullable Pixels pixels)
      throws IOException {
    var archive = new ArchiveSamples(file, labels);
    try (NpzReader reader = Npz.open(file)) {
      for (String name : reader.names()) {
        archive.headers.put(name, reader.header(name));
      }
    }
    archive.choosePart(training ? "train" : "test");
    return archive.samples(model, pixels);
  }

  /** Removes the arrays of the other part, and finds the labels of this one. */
  private void choosePart(String part) {
    if (!PARTS.stream().allMatch(p -> headers.containsKey("x_" + p))) {
      return;
    }
    for (String other : PARTS) {
      if (!other.equals(part)) {
        headers.remove("x_" + other);
        if (!("y_" + other).equals(labels)) {
          headers.remove("y_" + other);
        }
      }
    }
    if (labels == null && headers.containsKey("y_" + part)) {
      labels = "y_" + part;
    }
    System.err.printf(
        "%s: taking the part '%s'%s%n",
        file, part, labels == null ? "" : " with the labels '" + labels + "'");
  }

  private NpzSamples samples(Model model, @Nullable Pixels pixels) throws IOException {
    Map<InputArrays.Input, Value> inputs = new LinkedHashMap<>();
    for (int id : model.mainGraph().inputs()) {
      Value value = model.mainGraph().value(id);
      inputs.put(
          new InputArrays.Input(names(model, value), value.type() + value.shape().toString()),
          value);
    }
    List<InputArrays.Array> arrays = new ArrayList<>();
    headers.forEach(
        (name, header) -> {
          if (!name.equals(labels)) {
            arrays.add(new InputArrays.Array(name, describe(header)));
          }
        });
    InputArrays match =
        InputArrays.match(
            file.toString(),
            List.copyOf(inputs.keySet()),
            arrays,
            (input, array) -> fits(inputs.get(input), headers.get(array.name())));
    report(match);
    NpzSamples samples = NpzSamples.of(file, match.arrays(), labels);
    return scaled(samples, match, inputs, pixels);
  }

  /** Returns the names of an input of the main graph: those in signatures, then the tensor's. */
  static List<String> names(Model model, Value value) {
    List<String> names = new ArrayList<>();
    for (Signature signature : model.signatures()) {
      if (signature.graph() == 0) {
        signature.inputs().stream()
            .filter(port -> port.value() == value.id())
            .forEach(port -> names.add(port.name()));
      }
    }
    names.add(value.name());
    return names.stream().distinct().toList();
  }

  static String describe(NpyHeader header) {
    return header.type().name().toLowerCase(Locale.ROOT) + Arrays.toString(header.shape());
  }

  private static boolean fits(@Nullable Value input, @Nullable NpyHeader header) {
    if (input == null || header == null || header.rank() == 0) {
      return false;
    }
    TensorType type = TensorArrays.tensorType(header.type());
    int[] shape = header.shape();
    return type != null
        && InputBinding.accepts(input, type, Arrays.copyOfRange(shape, 1, shape.length));
  }

  private void report(InputArrays match) {
    if (!match.byName()) {
      match
          .arrays()
          .forEach(
              (input, array) ->
                  System.err.printf("%s: taking '%s' as the input '%s'%n", file, array, input));
    }
    if (!match.ignored().isEmpty()) {
      System.err.printf(
          "%s: ignoring %s, which %s no input of the model%n",
          file, match.ignored(), match.ignored().size() == 1 ? "is" : "are");
    }
  }

  private NpzSamples scaled(
      NpzSamples samples,
      InputArrays match,
      Map<InputArrays.Input, Value> inputs,
      @Nullable Pixels pixels) {
    List<String> bytes = new ArrayList<>();
    inputs.forEach(
        (input, value) -> {
          String array = match.arrays().get(input.names().getFirst());
          NpyHeader header = headers.get(array);
          if (header == null) {
            return;
          }
          if (header.type() == DType.UINT8 && value.type() != TensorType.UINT8) {
            bytes.add("'" + array + "'");
          }
          if (header.type() == DType.FLOAT64 && value.type() == TensorType.FLOAT32) {
            System.err.printf("%s: '%s' is rounded from float64 to float32%n", file, array);
          }
        });
    if (pixels != null) {
      return samples.withPixels(pixels.low, pixels.high);
    }
    if (!bytes.isEmpty()) {
      System.err.printf(
          "%s: the bytes of %s are taken as they are, from 0 to 255; --pixel_range 0,1 scales"
              + " them%n",
          file, String.join(", ", bytes));
    }
    return samples;
  }

  /** Returns whether an archive has an array of bytes. */
  static boolean hasBytes(Path file) throws IOException {
    try (NpzReader reader = Npz.open(file)) {
      for (String name : reader.names()) {
        if (reader.header(name).type() == DType.UINT8) {
          return true;
        }
      }
      return false;
    }
  }
}
