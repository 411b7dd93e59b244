package dev.whittle.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.convert.knn.CsvPoints;
import dev.whittle.convert.knn.LabeledPoints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Compares with files that NumPy 2.4.6 and scikit-learn 1.9.1 wrote; see testdata/knn. */
class ScikitLearnDataTest {
  private static final Path FOLDER = Path.of("../../quality/testdata/knn");

  @Test
  void blobsEqualThoseOfScikitLearn() throws Exception {
    LabeledPoints points = GaussianBlobs.make(1000, 2, 5, 0);
    String reference = Files.readString(FOLDER.resolve("reference.json"));
    assertEquals(true, reference.contains(digest(points.coordinates())));
    assertSame(CsvPoints.read(FOLDER.resolve("X_y.csv"), "2"), points);
  }

  @Test
  void splitEqualsThatOfScikitLearn() throws IOException {
    TrainTestSplit split = TrainTestSplit.of(GaussianBlobs.make(1000, 2, 5, 0), 0.3, 0);
    assertSame(CsvPoints.read(FOLDER.resolve("train.csv"), "-1"), split.train());
    assertSame(CsvPoints.read(FOLDER.resolve("test.csv"), "-1"), split.test());
  }

  private static void assertSame(LabeledPoints expected, LabeledPoints actual) {
    assertEquals(Arrays.toString(expected.coordinates()), Arrays.toString(actual.coordinates()));
    assertEquals(Arrays.toString(expected.labels()), Arrays.toString(actual.labels()));
  }

  private static String digest(float[] values) throws GeneralSecurityException {
    var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
  }
}
