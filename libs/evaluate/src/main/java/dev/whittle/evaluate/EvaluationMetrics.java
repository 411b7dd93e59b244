package dev.whittle.evaluate;

/**
 * The metrics of one model over all samples: accuracy by labels, and agreement with and distance
 * from a reference, which is the first model of an evaluation.
 */
public final class EvaluationMetrics {
  private static final int TOP_5 = 5;

  /** The maximum number of classes for a confusion matrix. */
  private static final int MAX_CONFUSION_CLASSES = 100;

  private long samples;
  private long labeled;
  private long top1;
  private long top5;
  private long agreements;
  private long values;
  private double squares;
  private double dot;
  private double squareSum;
  private double referenceSum;
  private double referenceSquareSum;
  private double largestDifference;
  private long[][] confusion = {};

  /** Creates the metrics of no samples. */
  public EvaluationMetrics() {}

  /**
   * Adds the output for a sample.
   *
   * @param label the true class; negative if it is unknown
   * @param output the output of this model
   * @param reference the output of the reference for the same sample
   */
  public void add(int label, float[] output, float[] reference) {
    samples++;
    int predicted = predictedClass(output);
    agreements += predicted == predictedClass(reference) ? 1 : 0;
    if (label >= 0) {
      labeled++;
      top1 += predicted == label ? 1 : 0;
      top5 += rank(output, label) < TOP_5 ? 1 : 0;
      addConfusion(label, predicted, output.length);
    }
    for (int i = 0; i < Math.min(output.length, reference.length); i++) {
      double difference = (double) output[i] - reference[i];
      squares += difference * difference;
      dot += (double) output[i] * reference[i];
      squareSum += (double) output[i] * output[i];
      referenceSum += reference[i];
      referenceSquareSum += (double) reference[i] * reference[i];
      largestDifference = Math.max(largestDifference, Math.abs(difference));
      values++;
    }
  }

  private void addConfusion(int label, int predicted, int classes) {
    if (classes > 1 && classes <= MAX_CONFUSION_CLASSES && label < classes) {
      if (confusion.length == 0) {
        confusion = new long[classes][classes];
      }
      if (predicted < confusion.length && label < confusion.length) {
        confusion[label][predicted]++;
      }
    }
  }

  /**
   * Returns the class with the highest score, the first of equal ones. A single score is that of
   * class 1 of two classes, with the threshold 0.5.
   */
  static int predictedClass(float[] scores) {
    if (scores.length == 1) {
      return scores[0] > 0.5f ? 1 : 0;
    }
    int best = 0;
    for (int c = 1; c < scores.length; c++) {
      best = scores[c] > scores[best] ? c : best;
    }
    return best;
  }

  private static int rank(float[] scores, int label) {
    if (label >= scores.length) {
      return scores.length == 1 && predictedClass(scores) == label ? 0 : Integer.MAX_VALUE;
    }
    int better = 0;
    for (int c = 0; c < scores.length; c++) {
      boolean ahead = scores[c] > scores[label] || (scores[c] == scores[label] && c < label);
      better += ahead ? 1 : 0;
    }
    return better;
  }

  /** Adds the counts of other samples. */
  void merge(EvaluationMetrics other) {
    samples += other.samples;
    labeled += other.labeled;
    top1 += other.top1;
    top5 += other.top5;
    agreements += other.agreements;
    values += other.values;
    squares += other.squares;
    dot += other.dot;
    squareSum += other.squareSum;
    referenceSum += other.referenceSum;
    referenceSquareSum += other.referenceSquareSum;
    largestDifference = Math.max(largestDifference, other.largestDifference);
    if (confusion.length == 0) {
      confusion = other.confusion;
    } else {
      for (int i = 0; i < other.confusion.length; i++) {
        for (int j = 0; j < other.confusion.length; j++) {
          confusion[i][j] += other.confusion[i][j];
        }
      }
    }
  }

  /** Returns the number of samples. */
  public long samples() {
    return samples;
  }

  /** Returns whether at least one sample has a label. */
  public boolean hasLabels() {
    return labeled > 0;
  }

  /** Returns the share of the labeled samples whose class has the highest score, from 0 to 1. */
  public double top1() {
    return (double) top1 / labeled;
  }

  /** Returns the share of the labeled samples whose class is among the five highest scores. */
  public double top5() {
    return (double) top5 / labeled;
  }

  /** Returns the share of the samples for which the reference predicts the same class. */
  public double agreement() {
    return (double) agreements / samples;
  }

  /** Returns the mean of the squared differences from the output of the reference. */
  public double meanSquaredError() {
    return squares / Math.max(1, values);
  }

  /** Returns the root mean square of the differences divided by that of the reference's output. */
  public double relativeError() {
    return squares == 0 ? 0 : Math.sqrt(squares / referenceSquareSum);
  }

  /**
   * Returns the root mean square of the differences divided by the standard deviation of the
   * reference's output, which does not depend on an offset. A deviation below a thousandth of the
   * output counts as a thousandth.
   */
  public double errorOfDeviation() {
    double deviation = referenceSquareSum - referenceSum * referenceSum / Math.max(1, values);
    return squares == 0 ? 0 : Math.sqrt(squares / Math.max(deviation, 1e-6 * referenceSquareSum));
  }

  /**
   * Returns the cosine similarity to the reference, over the outputs of all samples as one vector;
   * 0 if one of them is zero.
   */
  public double cosine() {
    boolean zero = squareSum == 0 || referenceSquareSum == 0;
    return squares == 0 ? 1 : zero ? 0 : dot / Math.sqrt(squareSum * referenceSquareSum);
  }

  /** Returns the maximum absolute difference from the output of the reference. */
  public double largestDifference() {
    return largestDifference;
  }

  /**
   * Returns the confusion matrix: counts of samples by label and by predicted class. It is empty
   * without labels and for more than 100 classes.
   */
  public long[][] confusion() {
    long[][] copy = new long[confusion.length][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = confusion[i].clone();
    }
    return copy;
  }
}
