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
 * A point of training to go on from: all variables, and how far it had come. An {@code .npz} file.
 *
 * @param settings what training was told; another training cannot go on from here
 * @param epochs those that are complete
 * @param stepsOfEpoch how many steps of the next epoch have been taken
 * @param lossOfEpoch the sum of their losses
 * @param allSteps how many steps have been taken in all epochs
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
   * @param settings those of the training that wants to go on
   * @throws IOException if the file is no checkpoint, or one of another training
   */
  static Checkpoint read(Path file, String settings) throws IOException {
    Map<String, NpyArray> arrays = new LinkedHashMap<>(Npz.read(file));
    NpyArray stated = arrays.remove(SETTINGS);
    NpyArray epochs = arrays.remove(EPOCHS);
    NpyArray progress = arrays.remove(PROGRESS);
    if (stated == null || epochs == null || progress == null || progress.elements() != 3) {
      throw new IOException(file + ": is no checkpoint of a training");
    }
    String saved = stated.strings().isEmpty() ? "" : stated.strings().getFirst();
    if (!saved.equals(settings)) {
      throw new IOException(
          "%s: is a checkpoint of another training (%s; this one is %s): remove it, or train as then"
              .formatted(file, saved, settings));
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
    double[] at = progress.toDoubles();
    return new Checkpoint(saved, complete, (long) at[0], at[1], (long) at[2], state);
  }
}
