package dev.whittle.train.knn;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.lang.foreign.MemorySegment;

/**
 * A k-nearest-neighbors classifier that runs a model of {@link dev.whittle.convert.knn.KnnGraph}.
 */
public final class TfliteKnn implements KnnClassifier {
  private static final String SIGNATURE = "serving_default";

  private final Interpreter interpreter;
  private final int columns;

  private TfliteKnn(Interpreter interpreter) {
    this.interpreter = interpreter;
    this.columns = interpreter.getInputTensorFromSignature("x", SIGNATURE).dim(1);
  }

  /**
   * Opens a model.
   *
   * @param file the contents of a {@code .tflite} file
   * @param engine the name of an engine, such as {@code reference} or {@code litert}
   */
  public static TfliteKnn of(byte[] file, String engine) {
    return new TfliteKnn(Interpreter.of(file, InterpreterOptions.DEFAULT.withEngine(engine)));
  }

  @Override
  public Neighbors neighbors(float[] points) {
    int batch = PointBatch.size(points, columns);
    interpreter.resizeInput("x", new int[] {batch, columns}, SIGNATURE);
    Tensor input = interpreter.getInputTensorFromSignature("x", SIGNATURE);
    MemorySegment.copy(points, 0, input.data(), Tensor.FLOAT, 0, points.length);
    interpreter.invoke(SIGNATURE);
    Tensor neighbors = interpreter.getOutputTensorFromSignature("neighbors", SIGNATURE);
    Tensor labels = interpreter.getOutputTensorFromSignature("label", SIGNATURE);
    Tensor distances = interpreter.getOutputTensorFromSignature("distances", SIGNATURE);
    return new Neighbors(
        neighbors.dim(1), integers(labels), integers(neighbors), distances.toFloats());
  }

  private static int[] integers(Tensor tensor) {
    int[] values = new int[Math.toIntExact(tensor.elements())];
    MemorySegment.copy(tensor.data(), Tensor.INT, 0, values, 0, values.length);
    return values;
  }

  @Override
  public void close() {
    interpreter.close();
  }
}
