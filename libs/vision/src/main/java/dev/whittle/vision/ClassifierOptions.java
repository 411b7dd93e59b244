package dev.whittle.vision;

import dev.whittle.image.Resampling;
import dev.whittle.runtime.InterpreterOptions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link ImageClassifier} does and how.
 *
 * @param maxResults how many answers at most
 * @param scoreThreshold answers with a lower score are left out; from 0 to 1
 * @param allowed only these labels are answers; all if empty
 * @param denied these labels are not
 * @param labels by output; null for those in the model's metadata or, for 1000 and 1001 outputs,
 *     ImageNet's
 * @param normalization null for what the model's metadata, its quantization or its first operators
 *     say
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
  public static final ClassifierOptions DEFAULT =
      new ClassifierOptions(
          3, 0, Set.of(), Set.of(), null, null, Resampling.AREA, InterpreterOptions.DEFAULT);

  public ClassifierOptions {
    if (maxResults < 1) {
      throw new IllegalArgumentException("at least one result, not " + maxResults);
    }
    if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
      throw new IllegalArgumentException("a threshold from 0 to 1, not " + scoreThreshold);
    }
    allowed = Set.copyOf(allowed);
    denied = Set.copyOf(denied);
    labels = labels == null ? null : List.copyOf(labels);
  }

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

  public ClassifierOptions withScoreThreshold(float newThreshold) {
    return new ClassifierOptions(
        maxResults, newThreshold, allowed, denied, labels, normalization, resampling, interpreter);
  }

  /**
   * Restricts the answers: to {@code newAllowed}, unless that is empty, without {@code newDenied}.
   */
  public ClassifierOptions withAnswers(Set<String> newAllowed, Set<String> newDenied) {
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
