package dev.whittle.convert;

import dev.whittle.convert.fuse.Fusing;
import dev.whittle.convert.keras.KerasImporter;
import dev.whittle.convert.keras.file.KerasFile;
import dev.whittle.convert.legalize.Legalization;
import dev.whittle.convert.lower.Imported;
import dev.whittle.convert.savedmodel.FrozenGraph;
import dev.whittle.convert.savedmodel.SavedModelImporter;
import dev.whittle.convert.savedmodel.SavedModelSource;
import dev.whittle.data.Samples;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.optimize.quantize.QuantizationReport;
import dev.whittle.optimize.quantize.QuantizationResult;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.tflite.KernelCheck;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Converts trained models to TensorFlow Lite.
 *
 * <pre>{@code
 * byte[] model = TfLiteConverter.fromKerasModel(Path.of("mnist.keras"))
 *     .quantize(Recipe.int8(), samples)
 *     .convert();
 * }</pre>
 */
public final class TfLiteConverter {
  private final Path source;
  private final Map<String, Shape> inputShapes = new LinkedHashMap<>();
  private @Nullable Path kerasConfig;
  private @Nullable SavedModelSource savedModel;
  private @Nullable FrozenGraph frozenGraph;
  private @Nullable Quantizer quantizer;
  private boolean keepsTrainedRanges;

  private TfLiteConverter(Path source) {
    this.source = source;
  }

  /**
   * A converter of a Keras model: a {@code .keras} archive, an HDF5 file, or the {@code model.json}
   * of TensorFlow.js. The file is read when converting.
   */
  public static TfLiteConverter fromKerasModel(Path file) {
    return new TfLiteConverter(file);
  }

  /**
   * A converter of a SavedModel: the graph tagged {@code serve}, each of its signatures as a graph
   * and signature of the result. The folder is read when converting.
   */
  public static TfLiteConverter fromSavedModel(Path folder) {
    return fromSavedModel(folder, Set.of("serve"), List.of());
  }

  /**
   * A converter of a SavedModel.
   *
   * @param tags of the graph to take
   * @param signatureKeys the signatures to take; all if there are none
   */
  public static TfLiteConverter fromSavedModel(
      Path folder, Set<String> tags, List<String> signatureKeys) {
    var converter = new TfLiteConverter(folder);
    converter.savedModel = new SavedModelSource(folder, tags, signatureKeys, false);
    return converter;
  }

  /**
   * A converter of a frozen graph of TensorFlow 1: a binary GraphDef, whose variables have become
   * constants. The file is read when converting.
   *
   * @param inputs the names of the tensors that the model takes, which may be any of the graph
   * @param outputs the names of the tensors that the model returns
   */
  public static TfLiteConverter fromFrozenGraph(
      Path file, List<String> inputs, List<String> outputs) {
    var converter = new TfLiteConverter(file);
    converter.frozenGraph = new FrozenGraph(file, inputs, outputs, false);
    return converter;
  }

  /**
   * Sets whether operations of a SavedModel or a frozen graph without a lowering become custom
   * operators of the same name, which the runtime of the model has to implement.
   *
   * @throws IllegalStateException if the source is a Keras model
   */
  public TfLiteConverter allowCustomOperators(boolean allow) {
    FrozenGraph graph = frozenGraph;
    if (graph != null) {
      frozenGraph = graph.allowingCustomOperators(allow);
      return this;
    }
    SavedModelSource saved = savedModel;
    if (saved == null) {
      throw new IllegalStateException("custom operators come from TensorFlow's graphs only");
    }
    savedModel = saved.allowingCustomOperators(allow);
    return this;
  }

  /** Sets the configuration, as written by {@code model.to_json()}, of a file of weights only. */
  public TfLiteConverter kerasConfig(Path file) {
    kerasConfig = file;
    return this;
  }

  /** Fixes the shape of an input; -1 leaves a dimension unknown. */
  public TfLiteConverter inputShape(String input, int... dims) {
    inputShapes.put(input, Shape.of(dims));
    return this;
  }

  /**
   * Sets whether FAKE_QUANT operators with narrow ranges stay as they are, for a quantizer that
   * reads the result. Otherwise they are replaced by operators that native runtimes have.
   */
  public TfLiteConverter keepTrainedRanges(boolean keep) {
    keepsTrainedRanges = keep;
    return this;
  }

  /**
   * Quantizes the model after conversion.
   *
   * @param samples typical inputs, which calibrate recipes with integers; null for other recipes
   */
  public TfLiteConverter quantize(Recipe recipe, @Nullable Samples samples) {
    return quantize(new Quantizer(recipe).calibrateWith(samples));
  }

  /** Quantizes the model after conversion, with all options of a quantizer. */
  public TfLiteConverter quantize(Quantizer newQuantizer) {
    quantizer = newQuantizer;
    return this;
  }

  /**
   * A converted model with its reports.
   *
   * @param quantization the report of quantization; null if the model was not quantized
   */
  public record Conversion(
      Model model, ConversionReport report, @Nullable QuantizationReport quantization) {}

  /**
   * The model as the bytes of a {@code .tflite} file.
   *
   * @throws MalformedModelException if the source is broken
   * @throws UnsupportedModelException listing everything in the source that cannot be converted
   * @throws IOException if the source or the calibration data cannot be read
   */
  public byte[] convert() throws IOException {
    return TfliteWriter.toBytes(convertModel().model());
  }

  /** {@link #convert} without writing. */
  public Conversion convertModel() throws IOException {
    SavedModelSource saved = savedModel;
    if (saved != null) {
      return finish(SavedModelImporter.importModel(saved, inputShapes));
    }
    FrozenGraph graph = frozenGraph;
    if (graph != null) {
      return finish(SavedModelImporter.importFrozenGraph(graph, inputShapes));
    }
    try (KerasFile file = KerasFile.open(source, kerasConfig)) {
      return finish(KerasImporter.importModel(file, inputShapes));
    }
  }

  private void requireInputs(Model model) {
    Set<String> known = new TreeSet<>();
    for (Signature signature : model.signatures()) {
      signature.inputs().forEach(port -> known.add(port.name()));
    }
    for (String input : inputShapes.keySet()) {
      if (!known.contains(input)) {
        throw new UnsupportedModelException(
            "input shape for '" + input + "'",
            "the model has no such input",
            "its inputs are " + known);
      }
    }
  }

  /**
   * Checks that every node has a kernel in Whittle's engines and in TensorFlow Lite.
   *
   * @throws UnsupportedModelException listing every node that has none
   */
  private static void requireKernels(Model model) {
    List<UnsupportedModelException.Item> items = new ArrayList<>();
    for (int g = 0; g < model.graphs().size(); g++) {
      for (KernelCheck.Missing missing :
          KernelCheck.missing(model, g, KernelCheck.Target.values())) {
        items.add(
            new UnsupportedModelException.Item(
                missing.place(),
                missing.reason(),
                "compute it in another type or with fewer dimensions"));
      }
    }
    if (!items.isEmpty()) {
      throw new UnsupportedModelException(items);
    }
  }

  private Conversion finish(Imported imported) throws IOException {
    requireInputs(imported.model());
    Rewriter.Result fused = Fusing.fuse(imported.model());
    Rewriter.Result result =
        Legalization.legalize(fused.model(), quantizer != null || keepsTrainedRanges);
    requireKernels(result.model());
    List<Rewriter.Firing> firings = new ArrayList<>(fused.firings());
    firings.addAll(result.firings());
    var report = new ConversionReport(imported.layers(), firings);
    Quantizer chosen = quantizer;
    if (chosen == null) {
      return new Conversion(result.model(), report, null);
    }
    QuantizationResult quantized = chosen.quantize(result.model());
    return new Conversion(quantized.model(), report, quantized.report());
  }
}
