package dev.whittle.optimize.recipe;

import dev.whittle.io.AtomicFile;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import dev.whittle.json.JsonOutput;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Recipes as JSON files.
 *
 * <pre>{@code
 * {
 *   "range": "min_max", "head": "auto", "guard": true, "equalize": false, "correct_bias": false,
 *   "entries": [
 *     {"compute": "integer", "activations": "int8"},
 *     {"layers": "block_1.*", "operator": "CONV_2D", "compute": "float"}
 *   ]
 * }
 * }</pre>
 *
 * <p>{@code range} is the calibration method. An entry requires {@code compute}, the {@link
 * QuantizationMode}. Optional are the other fields of {@link QuantizationSettings} in snake case,
 * {@code operator}, and {@code layers}, a regular expression that is searched in the names of the
 * operator's outputs.
 */
public final class RecipeFile {
  private static final Set<String> RECIPE_KEYS =
      Set.of("range", "head", "equalize", "correct_bias", "guard", "entries");

  private static final Set<String> ENTRY_KEYS =
      Set.of(
          "layers",
          "operator",
          "compute",
          "activations",
          "weights",
          "per_channel",
          "block_size",
          "weight_method",
          "min_elements");

  private RecipeFile() {}

  /**
   * Reads a recipe.
   *
   * @throws MalformedModelException if the file is not a recipe; the message names the place
   */
  public static Recipe read(Path file) throws IOException {
    return parse(Files.readAllBytes(file), file.toString());
  }

  /**
   * Parses a recipe.
   *
   * @param json the contents of a recipe file
   * @param origin the name of the file for messages
   * @throws MalformedModelException if the text is not a recipe; the message names the place
   */
  public static Recipe parse(byte[] json, String origin) {
    Config root = Config.parse(json, origin, MalformedModelException::new);
    requireKeys(root, RECIPE_KEYS);
    List<Recipe.Entry> entries = new ArrayList<>();
    for (Config entry : root.objects("entries")) {
      entries.add(entry(entry));
    }
    if (entries.isEmpty()) {
      throw new MalformedModelException(origin + ": a recipe needs at least one entry");
    }
    return new Recipe(
        entries,
        calibrationMethod(root),
        choice(HeadMode.class, root, "head", "auto"),
        root.flag("equalize", false),
        root.flag("correct_bias", false),
        root.flag("guard", true));
  }

  private static CalibrationMethod calibrationMethod(Config root) {
    try {
      return CalibrationMethod.named(root.string("range", "min_max"));
    } catch (IllegalArgumentException e) {
      throw new MalformedModelException(root.place() + ".range: " + e.getMessage(), e);
    }
  }

  private static void requireKeys(Config config, Set<String> known) {
    for (String key : config.keys()) {
      if (!known.contains(key)) {
        throw new MalformedModelException(
            "%s: no setting '%s'; expected one of %s"
                .formatted(config.place(), key, known.stream().sorted().toList()));
      }
    }
  }

  private static Recipe.Entry entry(Config entry) {
    requireKeys(entry, ENTRY_KEYS);
    QuantizationSettings settings = settings(entry);
    String layers = entry.stringOrNull("layers");
    try {
      return new Recipe.Entry(
          layers == null ? null : Pattern.compile(layers),
          entry.stringOrNull("operator"),
          settings);
    } catch (PatternSyntaxException e) {
      throw new MalformedModelException(
          "%s.layers: '%s' is not a regular expression: %s"
              .formatted(entry.place(), layers, e.getDescription()),
          e);
    }
  }

  private static QuantizationSettings settings(Config entry) {
    QuantizationMode mode = choice(QuantizationMode.class, entry, "compute", null);
    TensorType activations = type(entry, "activations");
    TensorType weights = type(entry, "weights");
    boolean perChannel = entry.flag("per_channel", true);
    int blockSize = entry.integer("block_size", 0);
    WeightMethod method = choice(WeightMethod.class, entry, "weight_method", "min_max");
    QuantizationSettings defaults =
        weights == TensorType.FLOAT16 ? QuantizationSettings.FLOAT16 : QuantizationSettings.FLOAT;
    int minElements = entry.integer("min_elements", defaults.minElements());
    try {
      return new QuantizationSettings(
          mode, activations, weights, perChannel, blockSize, method, minElements);
    } catch (IllegalArgumentException e) {
      throw new MalformedModelException(entry.place() + ": " + e.getMessage(), e);
    }
  }

  private static TensorType type(Config entry, String key) {
    String name = entry.string(key, "int8");
    return switch (name) {
      case "int8" -> TensorType.INT8;
      case "int16" -> TensorType.INT16;
      case "int4" -> TensorType.INT4;
      case "float16" -> TensorType.FLOAT16;
      default ->
          throw new MalformedModelException(
              entry.place() + "." + key + ": expected int8, int16, int4 or float16, found " + name);
    };
  }

  private static <E extends Enum<E>> E choice(
      Class<E> type, Config config, String key, @Nullable String absent) {
    String text = absent == null ? config.string(key) : config.string(key, absent);
    for (E value : type.getEnumConstants()) {
      if (value.name().equalsIgnoreCase(text)) {
        return value;
      }
    }
    throw new MalformedModelException(
        "%s.%s: expected one of %s, found %s"
            .formatted(
                config.place(),
                key,
                java.util.Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT),
                text));
  }

  /** Writes a recipe atomically: the file is replaced when it is complete. */
  public static void write(Recipe recipe, Path file) throws IOException {
    AtomicFile.write(
        file,
        out -> {
          try (JsonGenerator json = JsonOutput.indented(out)) {
            json.writeStartObject();
            json.writeStringProperty("range", recipe.calibrationMethod().label());
            json.writeStringProperty("head", label(recipe.head()));
            json.writeBooleanProperty("equalize", recipe.equalize());
            json.writeBooleanProperty("correct_bias", recipe.correctBias());
            json.writeBooleanProperty("guard", recipe.guard());
            json.writeArrayPropertyStart("entries");
            recipe.entries().forEach(entry -> write(json, entry));
            json.writeEndArray();
            json.writeEndObject();
          }
        });
  }

  private static void write(JsonGenerator json, Recipe.Entry entry) {
    QuantizationSettings settings = entry.settings();
    json.writeStartObject();
    if (entry.layers() != null) {
      json.writeStringProperty("layers", entry.layers().pattern());
    }
    if (entry.operator() != null) {
      json.writeStringProperty("operator", entry.operator());
    }
    json.writeStringProperty("compute", label(settings.mode()));
    if (settings.mode() != QuantizationMode.FLOAT) {
      if (settings.mode() == QuantizationMode.INTEGER) {
        json.writeStringProperty("activations", label(settings.activations()));
      }
      json.writeStringProperty("weights", label(settings.weights()));
      json.writeBooleanProperty("per_channel", settings.perChannel());
      if (settings.blockSize() > 0) {
        json.writeNumberProperty("block_size", settings.blockSize());
      }
      json.writeStringProperty("weight_method", label(settings.weightMethod()));
      json.writeNumberProperty("min_elements", settings.minElements());
    }
    json.writeEndObject();
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
