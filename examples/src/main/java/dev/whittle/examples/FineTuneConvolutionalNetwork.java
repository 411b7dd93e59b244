package dev.whittle.examples;

import dev.whittle.data.IdxSamples;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.Evaluation;
import dev.whittle.evaluate.EvaluationReport;
import dev.whittle.evaluate.Evaluator;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.EarlyStopping;
import dev.whittle.train.SequentialModel;
import dev.whittle.train.TrainableModel;
import dev.whittle.train.Trainer;
import dev.whittle.train.TrainingProgress;
import dev.whittle.train.TrainingResult;
import dev.whittle.train.network.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Trains a convolutional network on MNIST or Fashion-MNIST, fine-tunes it with quantization-aware
 * training for 8-bit integers, and compares both models.
 */
public final class FineTuneConvolutionalNetwork {
  private FineTuneConvolutionalNetwork() {}

  /**
   * Runs the example.
   *
   * @param args the folder with the idx files, a folder for results, and optionally the number of
   *     epochs
   */
  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      System.err.println("usage: FineTuneConvolutionalNetwork DATA OUTPUT [EPOCHS]");
      return;
    }
    int epochs = args.length > 2 ? Integer.parseInt(args[2]) : 5;
    System.out.println(EvaluationReport.text(run(Path.of(args[0]), Path.of(args[1]), epochs)));
  }

  static Evaluation run(Path data, Path output, int epochs) throws IOException {
    Samples training = IdxSamples.training(data);
    Samples test = IdxSamples.test(data);
    Files.createDirectories(output);

    // Training starts from a Keras file, which this program writes itself.
    Path untrained = output.resolve("untrained.keras");
    SequentialModel.input(28, 28, 1)
        .conv2d(16, 3, 1, "same", "linear")
        .batchNormalization()
        .activation("relu")
        .maxPooling2d(2)
        .depthwiseConv2d(3, 1, "same", "relu")
        .conv2d(32, 1, "relu")
        .maxPooling2d(2)
        .dropout(0.2f)
        .flatten()
        .dense(10, "softmax")
        .write(untrained, 1);

    TrainingResult floats =
        new Trainer(TrainableModel.fromKerasModel(untrained))
            .epochs(epochs)
            .validateWith(test)
            .checkpoint(output.resolve("checkpoint.npz"))
            .callback(new EarlyStopping(3, 0))
            .callback(TrainingProgress.onTerminal("training"))
            .fit(training);
    floats.model().saveKeras(output.resolve("trained.keras"));

    // The fused model is trained with simulated quantization.
    TrainingResult integers =
        new Trainer(floats.model())
            .optimizer(Optimizer.adam(1e-4f))
            .validateWith(test)
            .quantize(Recipe.int8(), training)
            .callback(TrainingProgress.onTerminal("fine-tuning"))
            .fit(training);

    TfliteWriter.write(floats.deployed(), output.resolve("float32.tflite"));
    TfliteWriter.write(integers.deployed(), output.resolve("int8.tflite"));
    return new Evaluator(InterpreterOptions.DEFAULT, 1)
        .evaluate(
            List.of(
                NamedModel.of(output.resolve("float32.tflite")),
                NamedModel.of(output.resolve("int8.tflite"))),
            test);
  }
}
