package dev.whittle.web;

import static dev.whittle.web.RunningServer.json;
import static dev.whittle.web.RunningServer.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.Interpreter;
import dev.whittle.tflite.TfliteReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTest {
  private static final Path DATA = Path.of("..", "..", "quality", "testdata", "vision");
  private static final String MOBILE_NET = "mobilenet_v2_1.0_224_quant";
  private static final long SEED = 20261122L;

  @TempDir private Path models;
  private RunningServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new RunningServer(models);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private static void await(BooleanSupplier condition, String description)
      throws InterruptedException {
    for (int i = 0; i < 400 && !condition.getAsBoolean(); i++) {
      Thread.sleep(50);
    }
    assertTrue(condition.getAsBoolean(), description);
  }

  private void add(String file) throws IOException {
    Path part = models.resolveSibling(file + ".part");
    Files.copy(DATA.resolve(file), part, StandardCopyOption.REPLACE_EXISTING);
    Files.move(part, models.resolve(file), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void classifiesImages() throws Exception {
    add(MOBILE_NET + ".tflite");
    String path = "/api/models/" + MOBILE_NET + "/classify?top=3";
    await(() -> server.status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    Map<String, String> expected =
        Map.of(
            "cat.jpg",
            "Egyptian cat",
            "grace_hopper.jpg",
            "military uniform",
            "sunflower.jpg",
            "daisy");
    for (var entry : expected.entrySet()) {
      HttpResponse<byte[]> response =
          server.post(path, Files.readAllBytes(DATA.resolve(entry.getKey())));
      assertEquals(200, response.statusCode(), text(response));
      List<Config> results = json(response).objects("results");
      assertEquals(3, results.size());
      assertEquals(entry.getValue(), results.getFirst().string("label"));
    }
    byte[] cat = Files.readAllBytes(DATA.resolve("cat.jpg"));
    HttpResponse<byte[]> corner = server.post(path + "&left=0&upper=0&right=0.1&lower=0.1", cat);
    assertNotEquals("Egyptian cat", json(corner).objects("results").getFirst().string("label"));
    assertEquals(400, server.post(path + "&left=0.5&right=0.2", cat).statusCode());
    assertEquals(400, server.post(path + "&left=x", cat).statusCode());
    assertEquals(400, server.post(path + "&rotate=45", cat).statusCode());
    HttpResponse<byte[]> turned = server.post(path + "&rotate=90", cat);
    assertEquals(341, json(turned).integer("width"));
  }

  @Test
  void rejectsInvalidAndTooLargeImages() throws Exception {
    String path = "/api/models/digits-int8/classify";
    byte[] text = "no image".getBytes(StandardCharsets.UTF_8);
    assertEquals(415, server.post(path, text).statusCode());
    assertEquals(413, server.post(path, PageTest.png(10_000, 5_000)).statusCode());
    assertEquals(413, server.post(path, new byte[(20 << 20) + 1]).statusCode());
    byte[] cut = Files.readAllBytes(DATA.resolve("cat.jpg"));
    assertEquals(400, server.post(path, Arrays.copyOf(cut, 300)).statusCode());
    assertEquals(404, server.post("/api/models/nobody/classify", text).statusCode());
    assertEquals(405, server.get(path).statusCode());
    assertEquals("POST", server.get(path).headers().firstValue("Allow").orElse(""));
    assertEquals(4, server.get("/../pom.xml").statusCode() / 100);
  }

  @Test
  void infersFromJsonAndBinaryTensors() throws Exception {
    assertEquals(200, server.status("/v2/health/live"));
    assertEquals(200, server.status("/v2/health/ready"));
    assertEquals("whittle", json(server.get("/v2")).string("name"));
    Config metadata = json(server.get("/v2/models/digits-float32"));
    assertEquals("tensorflow_lite", metadata.string("platform"));
    Config input = metadata.objects("inputs").getFirst();
    assertEquals("FP32", input.string("datatype"));
    String output = metadata.objects("outputs").getFirst().string("name");
    var random = new SplittableRandom(SEED);
    float[] pixels = new float[2 * 28 * 28];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextDouble();
    }
    float[] expected = expected(pixels);
    Map<String, Object> tensor = new HashMap<>();
    tensor.put("name", input.string("name"));
    tensor.put("shape", List.of(2, 28, 28));
    tensor.put("datatype", "FP32");
    List<Object> rows = new ArrayList<>();
    for (int n = 0; n < 2; n++) {
      List<Object> image = new ArrayList<>();
      for (int i = 0; i < 28 * 28; i++) {
        image.add(pixels[n * 28 * 28 + i]);
      }
      rows.add(image);
    }
    tensor.put("data", rows);
    Map<String, Object> document = new HashMap<>();
    document.put("id", "seven");
    document.put("inputs", List.of(tensor));
    String path = "/v2/models/digits-float32/infer";
    HttpResponse<byte[]> response = server.post(path, JsonOutput.bytes(document));
    assertEquals(200, response.statusCode(), text(response));
    assertEquals("seven", json(response).string("id"));
    Config result = json(response).objects("outputs").getFirst();
    assertEquals(output, result.string("name"));
    assertArrayEquals(new int[] {2, 10}, result.integers("shape"));
    assertArrayEquals(expected, result.reals("data"), 0, "seed " + SEED);

    tensor.remove("data");
    tensor.put("parameters", Map.of("binary_data_size", 4 * pixels.length));
    document.put("parameters", Map.of("binary_data_output", true));
    byte[] head = JsonOutput.bytes(document);
    var body = new ByteArrayOutputStream();
    body.writeBytes(head);
    ByteBuffer bytes = ByteBuffer.allocate(4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(pixels);
    body.writeBytes(bytes.array());
    HttpResponse<byte[]> binary =
        server.send(
            server
                .request(path + "?x=1")
                .header("Inference-Header-Content-Length", Integer.toString(head.length))
                .POST(BodyPublishers.ofByteArray(body.toByteArray())));
    assertEquals(200, binary.statusCode(), text(binary));
    int length =
        Integer.parseInt(
            binary.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    float[] scores = new float[20];
    ByteBuffer.wrap(binary.body(), length, 80)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(scores);
    assertArrayEquals(expected, scores, 0);
    assertEquals(length + 80, binary.body().length);

    tensor.put("shape", List.of(1, 28, 28));
    assertEquals(
        400, server.post(path, JsonOutput.bytes(document)).statusCode(), "bytes are missing");
    tensor.put("datatype", "INT8");
    assertTrue(text(server.post(path, JsonOutput.bytes(document))).contains("is FP32, not INT8"));
    assertEquals(404, server.status("/v2/models/nobody"));
    assertEquals(404, server.status("/v2/models/digits-float32/versions/1"));
    String version = metadata.strings("versions").getFirst();
    assertEquals(200, server.status("/v2/models/digits-float32/versions/" + version + "/ready"));
  }

  private static float[] expected(float[] pixels) throws IOException {
    Path file = Path.of("..", "..", "models", "digits", "digits-float32.tflite");
    try (var interpreter = Interpreter.of(TfliteReader.read(file))) {
      interpreter.resizeInput(0, new int[] {2, 28, 28});
      interpreter.getInputTensor(0).copyFrom(Tensor.of(pixels, 2, 28, 28));
      interpreter.invoke();
      return interpreter.getOutputTensor(0).toFloats();
    }
  }

  @Test
  void followsChangesInTheFolderOfModels() throws Exception {
    assertEquals(404, server.status("/v2/models/mine"));
    Path mine = models.resolve("mine.tflite");
    Path digits = Path.of("..", "..", "models", "digits");
    Files.copy(digits.resolve("digits-int8.tflite"), mine);
    Files.writeString(
        models.resolve("mine.txt"),
        "zero one two three four five six seven eight nine".replace(' ', '\n'));
    await(() -> server.status("/v2/models/mine/ready") == 200, "the model is added");
    String version = json(server.get("/v2/models/mine")).strings("versions").getFirst();
    assertTrue(text(server.get("/api/models/mine/labels")).contains("seven"));
    Files.copy(digits.resolve("digits-float32.tflite"), mine, StandardCopyOption.REPLACE_EXISTING);
    await(
        () -> server.status("/v2/models/mine/versions/" + version + "/ready") == 404,
        "the model is replaced");
    byte[] valid = Files.readAllBytes(mine);
    Files.write(mine, Arrays.copyOf(valid, 1000));
    await(() -> problems().has("mine"), "the broken file is reported");
    assertEquals(200, server.status("/v2/models/mine/ready"), "the previous model is still served");
    Files.delete(mine);
    await(() -> server.status("/v2/models/mine/ready") == 404, "the model is removed");
    assertFalse(problems().has("mine"));
  }

  private Config problems() {
    try {
      return json(server.get("/api/models")).object("problems");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void servesTheSameModelsAfterARestart() throws Exception {
    add(MOBILE_NET + ".tflite");
    await(() -> server.status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    server.restart(ServerOptions.DEFAULT);
    assertEquals(200, server.status("/v2/models/" + MOBILE_NET + "/ready"), "immediately");
  }

  @Test
  void rejectsForeignOriginsAndMissingKeys() throws Exception {
    byte[] seven = Files.readAllBytes(Path.of("src/main/frontend/public/samples/seven.png"));
    String path = "/api/models/digits-int8/classify";
    HttpResponse<byte[]> foreign =
        server.send(
            server
                .request(path)
                .header("Origin", "https://elsewhere.example")
                .POST(BodyPublishers.ofByteArray(seven)));
    assertEquals(403, foreign.statusCode());
    assertTrue(
        server
            .raw("GET /api/models HTTP/1.1\r\nHost: rebound.example\r\n\r\n")
            .startsWith("HTTP/1.1 403"));
    server.restart(ServerOptions.DEFAULT.withSecurity("a secret", null, null));
    assertEquals(401, server.post(path, seven).statusCode());
    assertEquals(401, server.status("/v2/models/digits-int8"));
    assertEquals(401, server.status("/models/digits-int8.tflite"));
    assertEquals(401, server.status("/metrics"));
    assertEquals(200, server.status("/v2/health/ready"));
    assertEquals(Page.isBuilt() ? 200 : 404, server.status("/"));
    for (String[] header :
        new String[][] {{"Authorization", "Bearer a secret"}, {"X-API-Key", "a secret"}}) {
      HttpResponse<byte[]> authorized =
          server.send(
              server
                  .request(path)
                  .header(header[0], header[1])
                  .POST(BodyPublishers.ofByteArray(seven)));
      assertEquals(200, authorized.statusCode());
    }
  }

  @Test
  void servesHttpsWithACertificate() throws Exception {
    Path store = models.resolve("whittle.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "whittle",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "a password",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1")
            .inheritIO()
            .start();
    assertEquals(0, keytool.waitFor());
    var trusted = KeyStore.getInstance(store.toFile(), "a password".toCharArray());
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    server.restart(ServerOptions.DEFAULT.withSecurity(null, store, "a password"));
    assertEquals("https", server.address().getScheme());
    try (var trusting = HttpClient.newBuilder().sslContext(context).build()) {
      var response =
          trusting.send(server.request("/v2/health/ready").build(), BodyHandlers.ofByteArray());
      assertEquals(200, response.statusCode());
    }
    ServerOptions wrong = ServerOptions.DEFAULT.withSecurity(null, store, "wrong");
    assertThrows(IOException.class, () -> server.restart(wrong));
  }

  @Test
  void sendsSecurityAndCachingHeadersWithThePage() throws Exception {
    Assumptions.assumeTrue(Page.isBuilt(), "built without the page");
    HttpResponse<byte[]> page = server.get("/");
    assertEquals(200, page.statusCode());
    var headers = page.headers();
    assertTrue(
        headers.firstValue("Content-Security-Policy").orElse("").contains("default-src 'none'"));
    assertEquals("nosniff", headers.firstValue("X-Content-Type-Options").orElse(""));
    assertFalse(headers.firstValue("Server").isPresent());
    String html = text(page);
    assertFalse(html.contains("http://") || html.contains("https://"), "no other hosts");
    String tag = headers.firstValue("ETag").orElseThrow();
    assertEquals(304, server.send(server.request("/").header("If-None-Match", tag)).statusCode());
    HttpResponse<byte[]> compressed =
        server.send(server.request("/").header("Accept-Encoding", "gzip"));
    assertEquals("gzip", compressed.headers().firstValue("Content-Encoding").orElse(""));
    var head = server.send(server.request("/").method("HEAD", BodyPublishers.noBody()));
    assertEquals(0, head.body().length);
    assertEquals(200, head.statusCode());
    assertTrue(
        text(server.get("/metrics"))
            .contains("whittle_requests_total{endpoint=\"page\",status=\"200\"}"));
  }

  private List<CompletableFuture<HttpResponse<byte[]>>> classifyAtOnce(int count)
      throws IOException {
    byte[] cat = Files.readAllBytes(DATA.resolve("cat.jpg"));
    HttpRequest request =
        server
            .request("/api/models/" + MOBILE_NET + "/classify")
            .POST(BodyPublishers.ofByteArray(cat))
            .build();
    List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      responses.add(server.client.sendAsync(request, BodyHandlers.ofByteArray()));
    }
    return responses;
  }

  @Test
  void rejectsRequestsWhenTheQueueIsFull() throws Exception {
    add(MOBILE_NET + ".tflite");
    server.restart(ServerOptions.DEFAULT.withLoad(1, 1, Duration.ofSeconds(30)));
    await(() -> server.status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    List<CompletableFuture<HttpResponse<byte[]>>> responses = classifyAtOnce(24);
    Map<Integer, Integer> counts = new TreeMap<>();
    for (var pending : responses) {
      var response = pending.join();
      counts.merge(response.statusCode(), 1, Integer::sum);
      if (response.statusCode() == 429) {
        assertEquals("1", response.headers().firstValue("Retry-After").orElse(""));
      }
    }
    assertEquals(Set.of(200, 429), counts.keySet(), counts.toString());
  }

  @Test
  void completesPendingRequestsWhenStopping() throws Exception {
    add(MOBILE_NET + ".tflite");
    await(() -> server.status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    List<CompletableFuture<HttpResponse<byte[]>>> responses = classifyAtOnce(8);
    responses.getFirst().join();
    HttpRequest later = server.request("/").build();
    server.stop();
    for (var pending : responses) {
      int status = pending.handle((r, e) -> r == null ? -1 : r.statusCode()).join();
      assertTrue(status == 200 || status == 503 || status == -1, "status " + status);
    }
    assertThrows(IOException.class, () -> server.client.send(later, BodyHandlers.ofByteArray()));
  }
}
