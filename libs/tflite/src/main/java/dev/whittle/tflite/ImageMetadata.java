package dev.whittle.tflite;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Constant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The metadata of an image classifier, by the convention of TensorFlow Lite Metadata: normalization
 * of the input and labels of the outputs.
 *
 * <p>A file holds it in two places: a flatbuffer among the model's metadata entries, and label
 * files in a zip archive after the model.
 *
 * @param name of the model; may be empty
 * @param description of the model; may be empty
 * @param mean subtracted from levels of 0 to 255, one for all channels or one for each; empty if
 *     the metadata has no normalization
 * @param deviation divisors of the levels less the mean, as many as means
 * @param blueFirst true if the channels are in the order blue, green, red; an entry of Whittle's,
 *     which other readers ignore
 * @param labels of the outputs, in their order; empty if there are none
 */
public record ImageMetadata(
    String name,
    String description,
    List<Float> mean,
    List<Float> deviation,
    boolean blueFirst,
    List<String> labels) {
  static final String ENTRY = "TFLITE_METADATA";
  private static final String CHANNELS_ENTRY = "WHITTLE_CHANNEL_ORDER";
  private static final String LABELS_FILE = "labels.txt";

  public ImageMetadata {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    labels = List.copyOf(labels);
    if (mean.size() != deviation.size()) {
      throw new IllegalArgumentException(
          "%d means and %d deviations; expected as many of each"
              .formatted(mean.size(), deviation.size()));
    }
  }

  /**
   * Reads the metadata of a model.
   *
   * @return empty if the model has none
   * @throws MalformedModelException if the metadata is broken
   */
  public static Optional<ImageMetadata> read(Model model) {
    Optional<Metadata> entry = model.metadata(ENTRY);
    if (entry.isEmpty()) {
      return Optional.empty();
    }
    MetadataCodec.Contents contents = MetadataCodec.read(entry.get().data().bytes());
    List<String> labels = List.of();
    if (!contents.labelFiles().isEmpty()) {
      byte[] file = LabelArchive.read(model.trailer()).get(contents.labelFiles().getFirst());
      labels = file == null ? List.of() : lines(file);
    }
    return Optional.of(
        new ImageMetadata(
            contents.name(),
            contents.description(),
            contents.mean(),
            contents.deviation(),
            model.metadata(CHANNELS_ENTRY).isPresent(),
            labels));
  }

  /** Returns the lines of a label file in UTF-8, stripped, without an empty last line. */
  public static List<String> lines(byte[] file) {
    return new String(file, StandardCharsets.UTF_8).lines().map(String::strip).toList();
  }

  /**
   * Returns a model with this metadata in place of its own. Other files after the model are kept.
   */
  public Model writeTo(Model model) {
    List<Metadata> entries = new ArrayList<>(model.metadata());
    entries.removeIf(m -> m.name().equals(ENTRY) || m.name().equals(CHANNELS_ENTRY));
    Value input = model.mainGraph().value(model.mainGraph().inputs().getFirst());
    Value output = model.mainGraph().value(model.mainGraph().outputs().getFirst());
    Map<String, byte[]> files = new LinkedHashMap<>(LabelArchive.read(model.trailer()));
    if (!labels.isEmpty()) {
      files.put(LABELS_FILE, String.join("\n", labels).getBytes(StandardCharsets.UTF_8));
    }
    boolean gray = input.shape().rank() == 3 || input.shape().dim(input.shape().rank() - 1) == 1;
    var contents =
        new MetadataCodec.Contents(
            name,
            description,
            mean,
            deviation,
            labels.isEmpty() ? List.of() : List.of(LABELS_FILE));
    byte[] bytes = MetadataCodec.write(contents, input.name(), output.name(), gray);
    entries.add(new Metadata(ENTRY, Constant.of(bytes)));
    if (blueFirst) {
      byte[] order = "BGR".getBytes(StandardCharsets.US_ASCII);
      entries.add(new Metadata(CHANNELS_ENTRY, Constant.of(order)));
    }
    return new Model(
        model.version(),
        model.description(),
        model.graphs(),
        model.signatures(),
        entries,
        LabelArchive.write(files));
  }
}
