package dev.whittle.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class ConvertTensorFlowGraphTest {
  @Test
  void convertedModelClassifiesPointsWithoutTensorFlow() throws IOException {
    long seed = 7;
    var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    ConvertTensorFlowGraph.Outcome outcome = ConvertTensorFlowGraph.run(random, 600);
    assertTrue(outcome.accuracy() > 0.9, "seed " + seed + ": " + outcome);
    assertTrue(outcome.bytes() < 8000, outcome::toString);
  }
}
