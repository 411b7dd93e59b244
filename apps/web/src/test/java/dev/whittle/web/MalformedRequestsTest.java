package dev.whittle.web;

import static dev.whittle.web.RunningServer.json;
import static dev.whittle.web.RunningServer.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MalformedRequestsTest {
  private static final long SEED = 20261122L;

  @TempDir private Path models;

  @Test
  void rejectsMalformedRequestsAndStaysUsable() throws Exception {
    try (var server = new RunningServer(models)) {
      var random = new SplittableRandom(SEED);
      Map<Integer, Integer> counts = new TreeMap<>();
      for (int i = 0; i < 9_000; i++) {
        HttpResponse<byte[]> response = server.post(malformedPath(random), malformedBody(random));
        counts.merge(response.statusCode() / 100, 1, Integer::sum);
        if (response.statusCode() / 100 != 4) {
          assertEquals(4, response.statusCode() / 100, text(response) + ", seed " + SEED);
        }
      }
      for (int i = 0; i < 1_000; i++) {
        String statusLine = server.raw(malformedHead(random));
        assertTrue(statusLine.startsWith("HTTP/1.1 4"), statusLine + ", seed " + SEED);
      }
      assertEquals(Map.of(4, 9_000), counts);
      byte[] seven = Files.readAllBytes(Path.of("src/main/frontend/public/samples/seven.png"));
      HttpResponse<byte[]> valid = server.post("/api/models/digits-float32/classify", seven);
      assertEquals("7", json(valid).objects("results").getFirst().string("label"));
    }
  }

  private static String malformedPath(SplittableRandom random) {
    List<String> paths =
        List.of(
            "/v2/models/digits-int8/infer",
            "/api/models/digits-int8/classify",
            "/v2/models/digits-int8/versions/x/infer",
            "/v2/repository",
            "/api/models",
            "/models/digits-int8.tflite",
            "/metrics",
            "/api/models/%00/classify",
            "/nothing");
    return paths.get(random.nextInt(paths.size()));
  }

  private static byte[] malformedBody(SplittableRandom random) {
    List<String> texts =
        List.of(
            "",
            "{",
            "[]",
            "{}",
            "{\"inputs\":[]}",
            "{\"inputs\":7}",
            "{\"inputs\":[{\"name\":\"input\"}]}",
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,28,28],\"datatype\":\"FP32\",\"data\":[1]}]}",
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[-1],\"datatype\":\"FP32\",\"data\":[1]}]}",
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[2000000000,28,28],\"datatype\":\"FP32\",\"data\":[1]}]}",
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,28,28],\"datatype\":\"FP32\",\"data\":[\"x\"]}]}",
            "{\"inputs\":[{\"name\":\"input\",\"shape\":[0,28,28],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":-4}}]}",
            "[".repeat(2000));
    int kind = random.nextInt(texts.size() + 3);
    if (kind < texts.size()) {
      return texts.get(kind).getBytes(StandardCharsets.UTF_8);
    }
    byte[] bytes = new byte[random.nextInt(2000)];
    random.nextBytes(bytes);
    if (kind == texts.size() && bytes.length > 8) {
      // The signature of an image format, followed by random bytes.
      byte[][] heads = {
        {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'},
        {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe1, 0, 64, 'E', 'x'},
        {'G', 'I', 'F', '8', '9', 'a', 1, 0},
        {'B', 'M', 0, 0, 0, 0, 0, 0},
        {'R', 'I', 'F', 'F', 0, 1, 0, 0}
      };
      byte[] head = heads[random.nextInt(heads.length)];
      System.arraycopy(head, 0, bytes, 0, head.length);
    }
    return bytes;
  }

  @SuppressWarnings("StringConcatToTextBlock") // HTTP ends lines with two bytes.
  private static String malformedHead(SplittableRandom random) {
    List<String> heads =
        List.of(
            "GARBAGE\r\n\r\n",
            "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
            "POST /v2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
            "POST /v2 HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Content-Length: 5\r\n"
                + "Content-Length: 6\r\n\r\n",
            "POST /api/models/digits-int8/classify HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + "zz\r\n\r\n",
            "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "y".repeat(20_000) + "\r\n\r\n",
            "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v2\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST /v2/models/digits-int8/infer HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Inference-Header-Content-Length: 99\r\n"
                + "Content-Length: 2\r\n\r\n"
                + "{}");
    return heads.get(random.nextInt(heads.size()));
  }
}
