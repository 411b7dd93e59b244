package dev.whittle.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnnCommandTest {
  @ParameterizedTest
  @CsvSource({
    "--columns 3, --columns has no effect here: it needs --samples",
    "--label class, --label has no effect here: it needs a table of labeled points",
    "--data points.csv --samples 10, --samples has no effect here",
    "--data points.csv --columns 3, --columns has no effect here",
    "--data ../../quality/testdata/mnist, is a folder of idx files",
    "--samples 20 --test_share 2, --test_share 2.0:",
    "--samples 20 --neighbors 50, --neighbors 50: expected 1 to 14",
  })
  void rejectsOptionsWithoutEffectAndOutOfRange(String options, String message) {
    PrintStream standardError = System.err;
    var errors = new ByteArrayOutputStream();
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    int status;
    try {
      status = Main.run(("experiment knn " + options).split(" ", -1));
    } finally {
      System.setErr(standardError);
    }
    String text = errors.toString(StandardCharsets.UTF_8);
    assertEquals(2, status, text);
    assertTrue(text.contains(message), text);
  }
}
