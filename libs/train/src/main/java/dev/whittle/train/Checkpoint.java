package dev.whittle.train;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint, from which training resumes: all variables and the progress, as an {@code .npz}
 * file.
 *
 * @param settings the settings of training, which must be equal to resume
 * @param epochs the complete epochs
 * @param stepsOfEpoch the number of steps taken in the next epoch
 * @param lossOfEpoch the sum of the losses of these steps
 * @param allSteps the number of steps taken in all epochs
 * @param state the variables by name
 */
record Checkpoint(
    String settings,
    List<Epoch> epochs,
    long stepsOfEpoch,
    double lossOfEpoch,
    long allSteps,
    Map<String, Tensor> state) {
  private static final String SETTINGS = "whittle_settings";
  private static final String EPOCHS = "whittle_epochs";
  private static final String PROGRESS = "whittle_progress";
  private static final int EPOCH_FIELDS = 5;

  /** Writes the checkpoint atomically: the file is replaced when it is complete. */
  void write(Path file) throws IOException {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put(SETTINGS, NpyArray.ofStrings(List.of(settings)));
    double[] numbers = new double[epochs.size() * EPOCH_FIELDS];
    for (int i = 0; i < epochs.size(); i++) {
      Epoch epoch = epochs.get(i);
      numbers[i * EPOCH_FIELDS] = epoch.number();
      numbers[i * EPOCH_FIELDS + 1] = epoch.loss();
      numbers[i * EPOCH_FIELDS + 2] = epoch.validationLoss();
      numbers[i * EPOCH_FIELDS + 3] = epoch.accuracy();
      numbers[i * EPOCH_FIELDS + 4] = epoch.seconds();
    }
    arrays.put(EPOCHS, NpyArray.of(numbers, epochs.size(), EPOCH_FIELDS));
    arrays.put(PROGRESS, NpyArray.of(new double[] {stepsOfEpoch, lossOfEpoch, allSteps}, 3));
    state.forEach(
        (name, tensor) ->
            arrays.put(
                name,
                NpyArray.of(
                    tensor.type() == TensorType.INT32 ? DType.INT32 : DType.FLOAT32,
                    tensor.data(),
                    tensor.dims())));
    Npz.write(file, arrays);
  }

  /**
   * Reads a checkpoint.
   *
   * @param settings the settings of the training that resumes
   * @throws IOException if the file is not a checkpoint, or its settings differ
   */
  static Checkpoint read(Path file, String settings) throws IOException {
    Map<String, NpyArray> arrays = new LinkedHashMap<>(Npz.read(file));
    NpyArray storedSettings = arrays.remove(SETTINGS);
    NpyArray epochs = arrays.remove(EPOCHS);
    NpyArray progress = arrays.remove(PROGRESS);
    if (storedSettings == null || epochs == null || progress == null || progress.elements() != 3) {
      throw new IOException(
          "%s: not a checkpoint; it lacks %s, %s or %s"
              .formatted(file, SETTINGS, EPOCHS, PROGRESS));
    }
    String saved = storedSettings.strings().isEmpty() ? "" : storedSettings.strings().getFirst();
    if (!saved.equals(settings)) {
      throw new IOException(
          "%s: a checkpoint of another training (%s), not of this one (%s); remove it or restore the"
                  .formatted(file, saved, settings)
              + " settings");
    }
    double[] numbers = epochs.toDoubles();
    List<Epoch> complete = new ArrayList<>();
    for (int i = 0; i + EPOCH_FIELDS <= numbers.length; i += EPOCH_FIELDS) {
      complete.add(
          new Epoch(
              (int) numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]));
    }
    Map<String, Tensor> state = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) ->
            state.put(
                name,
                array.type() == DType.INT32
                    ? new Tensor(TensorType.INT32, array.shape(), null, array.data())
                    : Tensor.onHeap(array.toFloats(), array.shape())));
    double[] counts = progress.toDoubles();
    return new Checkpoint(saved, complete, (long) counts[0], counts[1], (long) counts[2], state);
  }
}
