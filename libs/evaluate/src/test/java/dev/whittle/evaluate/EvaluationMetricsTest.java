package dev.whittle.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class EvaluationMetricsTest {
  @Test
  void predictsTheFirstOfEqualScores() {
    assertEquals(1, EvaluationMetrics.predictedClass(new float[] {0, 2, 2}));
  }

  @Test
  void comparesSingleScoreWithOneHalf() {
    assertEquals(1, EvaluationMetrics.predictedClass(new float[] {0.6f}));
    assertEquals(0, EvaluationMetrics.predictedClass(new float[] {0.4f}));
  }

  @Test
  void measuresAgainstLabelsAndReference() {
    var metrics = new EvaluationMetrics();
    float[] right = {0, 1, 0, 0, 0, 0, 0};
    float[] wrong = {1, 0.5f, 0, 0, 0, 0, 0};
    metrics.add(1, right, right);
    metrics.add(1, wrong, right);
    metrics.add(6, right, right);
    assertEquals(1.0 / 3, metrics.top1(), 1e-12);
    assertEquals(2.0 / 3, metrics.top5(), 1e-12);
    assertEquals(2.0 / 3, metrics.agreement(), 1e-12);
    assertEquals(1.25 / 21, metrics.meanSquaredError(), 1e-12);
    assertArrayEquals(new long[] {1, 1, 0, 0, 0, 0, 0}, metrics.confusion()[1]);
  }

  @Test
  void mergesPartsOfWorkers() {
    var all = new EvaluationMetrics();
    var first = new EvaluationMetrics();
    var second = new EvaluationMetrics();
    for (int i = 0; i < 10; i++) {
      float[] output = {i % 3, 1, i % 2};
      float[] reference = {1, i % 2, 0};
      all.add(i % 3, output, reference);
      (i < 4 ? first : second).add(i % 3, output, reference);
    }
    var merged = new EvaluationMetrics();
    merged.merge(first);
    merged.merge(second);
    assertEquals(all.top1(), merged.top1());
    assertEquals(all.agreement(), merged.agreement());
    assertEquals(all.cosine(), merged.cosine(), 1e-12);
    assertEquals(all.relativeError(), merged.relativeError(), 1e-12);
    assertArrayEquals(all.confusion()[0], merged.confusion()[0]);
  }
}
