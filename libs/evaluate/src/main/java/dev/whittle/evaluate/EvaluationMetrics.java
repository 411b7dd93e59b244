package dev.whittle.evaluate;

/** What one model answered over all samples, against labels and against the first model. */
public final class EvaluationMetrics {
  private static final int TOP = 5;

  /** Confusion of more classes would be too large to look at. */
  private static final int MAX_CONFUSION = 100;

  private long samples;
  private long labeled;
  private long top1;
  private long top5;
  private long agreements;
  private long values;
  private double squares;
  private double dot;
  private double squareSum;
  private double referenceSquareSum;
  private double largestDifference;
  private long[][] confusion = {};

  /** Creates the metrics of no samples. */
  public EvaluationMetrics() {}

  /**
   * Counts an answer.
   *
   * @param label the right class; negative for unknown
   * @param output of this model
   * @param reference the first model's output for the same sample
   */
  public void add(int label, float[] output, float[] reference) {
    samples++;
    int best = predictedClass(output);
    agreements += best == predictedClass(reference) ? 1 : 0;
    if (label >= 0) {
      labeled++;
      top1 += best == label ? 1 : 0;
      top5 += rank(output, label) < TOP ? 1 : 0;
      count(label, best, output.length);
    }
    for (int i = 0; i < Math.min(output.length, reference.length); i++) {
      double difference = (double) output[i] - reference[i];
      squares += difference * difference;
      dot += (double) output[i] * reference[i];
      squareSum += (double) output[i] * output[i];
      referenceSquareSum += (double) reference[i] * reference[i];
      largestDifference = Math.max(largestDifference, Math.abs(difference));
      values++;
    }
  }

  private void count(int label, int answer, int classes) {
    if (classes > 1 && classes <= MAX_CONFUSION && label < classes) {
      if (confusion.length == 0) {
        confusion = new long[classes][classes];
      }
      if (answer < confusion.length && label < confusion.length) {
        confusion[label][answer]++;
      }
    }
  }

  /** The class with the highest score, the first of equals; one score is a yes from a half on. */
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

  /** Adds what another worker counted. */
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

  public long samples() {
    return samples;
  }

  public boolean hasLabels() {
    return labeled > 0;
  }

  /** The share of labeled samples whose class has the highest score. */
  public double top1() {
    return (double) top1 / labeled;
  }

  /** The share of labeled samples whose class has one of the five highest scores. */
  public double top5() {
    return (double) top5 / labeled;
  }

  /** The share of samples for which the first model gives the same class. */
  public double agreement() {
    return (double) agreements / samples;
  }

  /** The mean of the squared differences from the first model's output. */
  public double meanSquaredError() {
    return squares / Math.max(1, values);
  }

  /** The error relative to the first model's output: the quotient of their root mean squares. */
  public double relativeError() {
    return squares == 0 ? 0 : Math.sqrt(squares / referenceSquareSum);
  }

  /** The cosine of the angle between the outputs of all samples as one vector; 0 for no output. */
  public double cosine() {
    boolean silent = squareSum == 0 || referenceSquareSum == 0;
    return squares == 0 ? 1 : silent ? 0 : dot / Math.sqrt(squareSum * referenceSquareSum);
  }

  public double largestDifference() {
    return largestDifference;
  }

  /** Samples by label and answer; empty without labels or for many classes. */
  public long[][] confusion() {
    long[][] copy = new long[confusion.length][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = confusion[i].clone();
    }
    return copy;
  }
}
