package dev.whittle.vision;

import dev.whittle.image.Resampling;
import dev.whittle.runtime.InterpreterOptions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options of an {@link ImageClassifier}.
 *
 * @param maxResults maximum number of categories in a result, at least 1
 * @param scoreThreshold minimum score of a category in a result, from 0 to 1
 * @param allowed labels that may be in a result; empty for all
 * @param denied labels that may not be in a result
 * @param labels names of the model's outputs; null for the labels in the model's metadata or, for
 *     1000 and 1001 outputs, those of ImageNet
 * @param normalization null to infer it from the model's metadata, its quantization or its first
 *     operators
 * @param resampling algorithm by which images are scaled to the model's input
 * @param interpreter options of the interpreter that runs the model
 */
public record ClassifierOptions(
    int maxResults,
    float scoreThreshold,
    Set<String> allowed,
    Set<String> denied,
    @Nullable List<String> labels,
    @Nullable Normalization normalization,
    Resampling resampling,
    InterpreterOptions interpreter) {
  /** The three likeliest categories of all; labels and normalization as the model states them. */
  public static final ClassifierOptions DEFAULT =
      new ClassifierOptions(
          3, 0, Set.of(), Set.of(), null, null, Resampling.AREA, InterpreterOptions.DEFAULT);

  public ClassifierOptions {
    if (maxResults < 1) {
      throw new IllegalArgumentException("maxResults is " + maxResults + "; expected at least 1");
    }
    if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the score threshold is " + scoreThreshold + "; expected 0 to 1");
    }
    allowed = Set.copyOf(allowed);
    denied = Set.copyOf(denied);
    labels = labels == null ? null : List.copyOf(labels);
  }

  /** Returns these options with another maximum number of categories. */
  public ClassifierOptions withMaxResults(int newMaxResults) {
    return new ClassifierOptions(
        newMaxResults,
        scoreThreshold,
        allowed,
        denied,
        labels,
        normalization,
        resampling,
        interpreter);
  }

  /** Returns these options with another minimum score. */
  public ClassifierOptions withScoreThreshold(float newThreshold) {
    return new ClassifierOptions(
        maxResults, newThreshold, allowed, denied, labels, normalization, resampling, interpreter);
  }

  /**
   * Returns these options with other labels that may be in a result.
   *
   * @param newAllowed empty for all
   */
  public ClassifierOptions withLabelFilter(Set<String> newAllowed, Set<String> newDenied) {
    return new ClassifierOptions(
        maxResults,
        scoreThreshold,
        newAllowed,
        newDenied,
        labels,
        normalization,
        resampling,
        interpreter);
  }

  /** Returns these options with other names of the model's outputs. */
  public ClassifierOptions withLabels(@Nullable List<String> newLabels) {
    return new ClassifierOptions(
        maxResults,
        scoreThreshold,
        allowed,
        denied,
        newLabels,
        normalization,
        resampling,
        interpreter);
  }

  /** Returns these options with another normalization; null to infer it from the model. */
  public ClassifierOptions withNormalization(@Nullable Normalization newNormalization) {
    return new ClassifierOptions(
        maxResults,
        scoreThreshold,
        allowed,
        denied,
        labels,
        newNormalization,
        resampling,
        interpreter);
  }

  /** Returns these options with another algorithm for scaling images. */
  public ClassifierOptions withResampling(Resampling newResampling) {
    return new ClassifierOptions(
        maxResults,
        scoreThreshold,
        allowed,
        denied,
        labels,
        normalization,
        newResampling,
        interpreter);
  }

  /** Returns these options with other options of the interpreter. */
  public ClassifierOptions withInterpreter(InterpreterOptions newInterpreter) {
    return new ClassifierOptions(
        maxResults,
        scoreThreshold,
        allowed,
        denied,
        labels,
        normalization,
        resampling,
        newInterpreter);
  }
}
