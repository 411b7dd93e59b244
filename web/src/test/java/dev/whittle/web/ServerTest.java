package dev.whittle.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.kernel.Tensor;
import dev.whittle.json.Config;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.Interpreter;
import dev.whittle.tflite.TfliteReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
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
  private static final Path DATA = Path.of("..", "testdata", "vision");
  private static final String MOBILE_NET = "mobilenet_v2_1.0_224_quant";
  private static final long SEED = 20261122L;

  @TempDir private Path models;
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private ClassifierServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new ClassifierServer(ServerOptions.DEFAULT.with("127.0.0.1", 0, models));
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    client.close();
  }

  private void serveAgain(ServerOptions options) throws IOException {
    server.close();
    server = new ClassifierServer(options.with("127.0.0.1", 0, models));
    server.start();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.address().resolve(path)).timeout(Duration.ofSeconds(60));
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  private HttpResponse<byte[]> post(String path, byte[] body)
      throws IOException, InterruptedException {
    return send(request(path).POST(BodyPublishers.ofByteArray(body)));
  }

  private static Config json(HttpResponse<byte[]> response) {
    return Config.parse(response.body(), "the answer");
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private static void await(BooleanSupplier condition, String what) throws InterruptedException {
    for (int i = 0; i < 400 && !condition.getAsBoolean(); i++) {
      Thread.sleep(50);
    }
    assertTrue(condition.getAsBoolean(), what);
  }

  private int status(String path) {
    try {
      return get(path).statusCode();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void add(String file) throws IOException {
    Path part = models.resolveSibling(file + ".part");
    Files.copy(DATA.resolve(file), part, StandardCopyOption.REPLACE_EXISTING);
    Files.move(part, models.resolve(file), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void picturesAreNamed() throws Exception {
    add(MOBILE_NET + ".tflite");
    String path = "/api/models/" + MOBILE_NET + "/classify?top=3";
    await(() -> status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    Map<String, String> expected =
        Map.of(
            "cat.jpg",
            "Egyptian cat",
            "grace_hopper.jpg",
            "military uniform",
            "sunflower.jpg",
            "daisy");
    for (var entry : expected.entrySet()) {
      HttpResponse<byte[]> response = post(path, Files.readAllBytes(DATA.resolve(entry.getKey())));
      assertEquals(200, response.statusCode(), text(response));
      List<Config> results = json(response).objects("results");
      assertEquals(3, results.size());
      assertEquals(entry.getValue(), results.getFirst().string("label"));
    }
    byte[] cat = Files.readAllBytes(DATA.resolve("cat.jpg"));
    HttpResponse<byte[]> corner = post(path + "&left=0&upper=0&right=0.1&lower=0.1", cat);
    assertNotEquals("Egyptian cat", json(corner).objects("results").getFirst().string("label"));
    assertEquals(400, post(path + "&left=0.5&right=0.2", cat).statusCode());
    assertEquals(400, post(path + "&left=x", cat).statusCode());
    assertEquals(400, post(path + "&rotate=45", cat).statusCode());
    HttpResponse<byte[]> turned = post(path + "&rotate=90", cat);
    assertEquals(341, json(turned).integer("width"));
  }

  @Test
  void whatIsNoPictureOrTooLargeIsRefused() throws Exception {
    String path = "/api/models/digits-int8/classify";
    byte[] text = "no picture".getBytes(StandardCharsets.UTF_8);
    assertEquals(415, post(path, text).statusCode());
    assertEquals(413, post(path, PageTest.png(10_000, 5_000)).statusCode());
    assertEquals(413, post(path, new byte[(20 << 20) + 1]).statusCode());
    byte[] cut = Files.readAllBytes(DATA.resolve("cat.jpg"));
    assertEquals(400, post(path, Arrays.copyOf(cut, 300)).statusCode());
    assertEquals(404, post("/api/models/nobody/classify", text).statusCode());
    assertEquals(405, get(path).statusCode());
    assertEquals("POST", get(path).headers().firstValue("Allow").orElse(""));
    assertEquals(4, get("/../pom.xml").statusCode() / 100);
  }

  @Test
  void tensorsGoInAndOutAsJsonAndAsBytesByTheOpenInferenceProtocol() throws Exception {
    assertEquals(200, status("/v2/health/live"));
    assertEquals(200, status("/v2/health/ready"));
    assertEquals("whittle", json(get("/v2")).string("name"));
    Config metadata = json(get("/v2/models/digits-float32"));
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
      List<Object> picture = new ArrayList<>();
      for (int i = 0; i < 28 * 28; i++) {
        picture.add(pixels[n * 28 * 28 + i]);
      }
      rows.add(picture);
    }
    tensor.put("data", rows);
    Map<String, Object> document = new HashMap<>();
    document.put("id", "seven");
    document.put("inputs", List.of(tensor));
    String path = "/v2/models/digits-float32/infer";
    HttpResponse<byte[]> answer = post(path, JsonOutput.bytes(document));
    assertEquals(200, answer.statusCode(), text(answer));
    assertEquals("seven", json(answer).string("id"));
    Config result = json(answer).objects("outputs").getFirst();
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
        send(
            request(path + "?x=1")
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
    assertEquals(400, post(path, JsonOutput.bytes(document)).statusCode(), "bytes are missing");
    tensor.put("datatype", "INT8");
    assertTrue(text(post(path, JsonOutput.bytes(document))).contains("is FP32, not INT8"));
    assertEquals(404, status("/v2/models/nobody"));
    assertEquals(404, status("/v2/models/digits-float32/versions/1"));
    String version = metadata.strings("versions").getFirst();
    assertEquals(200, status("/v2/models/digits-float32/versions/" + version + "/ready"));
  }

  private static float[] expected(float[] pixels) throws IOException {
    Path file = Path.of("..", "models", "digits", "digits-float32.tflite");
    try (var interpreter = Interpreter.of(TfliteReader.read(file))) {
      interpreter.resizeInput(0, new int[] {2, 28, 28});
      interpreter.getInputTensor(0).copyFrom(Tensor.of(pixels, 2, 28, 28));
      interpreter.invoke();
      return interpreter.getOutputTensor(0).toFloats();
    }
  }

  @Test
  void modelsComeChangeAndGoWithTheirFiles() throws Exception {
    assertEquals(404, status("/v2/models/mine"));
    Path mine = models.resolve("mine.tflite");
    Path digits = Path.of("..", "models", "digits");
    Files.copy(digits.resolve("digits-int8.tflite"), mine);
    Files.writeString(
        models.resolve("mine.txt"),
        "zero one two three four five six seven eight nine".replace(' ', '\n'));
    await(() -> status("/v2/models/mine/ready") == 200, "it has come");
    String version = json(get("/v2/models/mine")).strings("versions").getFirst();
    assertTrue(text(get("/api/models/mine/labels")).contains("seven"));
    Files.copy(digits.resolve("digits-float32.tflite"), mine, StandardCopyOption.REPLACE_EXISTING);
    await(() -> status("/v2/models/mine/versions/" + version + "/ready") == 404, "it has changed");
    byte[] good = Files.readAllBytes(mine);
    Files.write(mine, Arrays.copyOf(good, 1000));
    await(() -> problems().has("mine"), "the broken one is told of");
    assertEquals(200, status("/v2/models/mine/ready"), "the one before is served on");
    Files.delete(mine);
    await(() -> status("/v2/models/mine/ready") == 404, "it has gone");
    assertFalse(problems().has("mine"));
  }

  private Config problems() {
    try {
      return json(get("/api/models")).object("problems");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void afterARestartEverythingIsThereAgain() throws Exception {
    add(MOBILE_NET + ".tflite");
    await(() -> status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    serveAgain(ServerOptions.DEFAULT);
    assertEquals(200, status("/v2/models/" + MOBILE_NET + "/ready"), "at once");
  }

  @Test
  void thoseWhoMayNotAreRefused() throws Exception {
    byte[] seven = Files.readAllBytes(Path.of("src/main/frontend/public/samples/seven.png"));
    String path = "/api/models/digits-int8/classify";
    HttpResponse<byte[]> foreign =
        send(
            request(path)
                .header("Origin", "https://elsewhere.example")
                .POST(BodyPublishers.ofByteArray(seven)));
    assertEquals(403, foreign.statusCode());
    assertTrue(
        raw("GET /api/models HTTP/1.1\r\nHost: rebound.example\r\n\r\n")
            .startsWith("HTTP/1.1 403"));
    serveAgain(ServerOptions.DEFAULT.withSecurity("a secret", null, null));
    assertEquals(401, post(path, seven).statusCode());
    assertEquals(401, status("/v2/models/digits-int8"));
    assertEquals(401, status("/models/digits-int8.tflite"));
    assertEquals(401, status("/metrics"));
    assertEquals(200, status("/v2/health/ready"));
    assertEquals(Page.isBuilt() ? 200 : 404, status("/"));
    for (String[] header :
        new String[][] {{"Authorization", "Bearer a secret"}, {"X-API-Key", "a secret"}}) {
      HttpResponse<byte[]> known =
          send(request(path).header(header[0], header[1]).POST(BodyPublishers.ofByteArray(seven)));
      assertEquals(200, known.statusCode());
    }
  }

  @Test
  void withACertificateItServesHttps() throws Exception {
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
    serveAgain(ServerOptions.DEFAULT.withSecurity(null, store, "a password"));
    assertEquals("https", server.address().getScheme());
    try (var trusting = HttpClient.newBuilder().sslContext(context).build()) {
      var answer = trusting.send(request("/v2/health/ready").build(), BodyHandlers.ofByteArray());
      assertEquals(200, answer.statusCode());
    }
    server.close();
    server =
        new ClassifierServer(
            ServerOptions.DEFAULT.with("127.0.0.1", 0, null).withSecurity(null, store, "wrong"));
    assertThrows(IOException.class, () -> server.start());
  }

  @Test
  void pagesCarryWhatKeepsThemSafe() throws Exception {
    Assumptions.assumeTrue(Page.isBuilt(), "built without the page");
    HttpResponse<byte[]> page = get("/");
    assertEquals(200, page.statusCode());
    var headers = page.headers();
    assertTrue(
        headers.firstValue("Content-Security-Policy").orElse("").contains("default-src 'none'"));
    assertEquals("nosniff", headers.firstValue("X-Content-Type-Options").orElse(""));
    assertFalse(headers.firstValue("Server").isPresent());
    String html = text(page);
    assertFalse(html.contains("http://") || html.contains("https://"), "no other hosts");
    String tag = headers.firstValue("ETag").orElseThrow();
    assertEquals(304, send(request("/").header("If-None-Match", tag)).statusCode());
    HttpResponse<byte[]> zipped = send(request("/").header("Accept-Encoding", "gzip"));
    assertEquals("gzip", zipped.headers().firstValue("Content-Encoding").orElse(""));
    var head = send(request("/").method("HEAD", BodyPublishers.noBody()));
    assertEquals(0, head.body().length);
    assertEquals(200, head.statusCode());
    assertTrue(
        text(get("/metrics")).contains("whittle_requests_total{endpoint=\"page\",status=\"200\"}"));
  }

  @Test
  void whoComesWhenTheQueueIsFullIsSentAway() throws Exception {
    add(MOBILE_NET + ".tflite");
    serveAgain(ServerOptions.DEFAULT.withLoad(1, 1, Duration.ofSeconds(30)));
    await(() -> status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    byte[] cat = Files.readAllBytes(DATA.resolve("cat.jpg"));
    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      HttpRequest request =
          request("/api/models/" + MOBILE_NET + "/classify")
              .POST(BodyPublishers.ofByteArray(cat))
              .build();
      answers.add(client.sendAsync(request, BodyHandlers.ofByteArray()));
    }
    Map<Integer, Integer> counts = new TreeMap<>();
    for (var answer : answers) {
      var response = answer.join();
      counts.merge(response.statusCode(), 1, Integer::sum);
      if (response.statusCode() == 429) {
        assertEquals("1", response.headers().firstValue("Retry-After").orElse(""));
      }
    }
    assertEquals(Set.of(200, 429), counts.keySet(), counts.toString());
  }

  @Test
  void stoppingAnswersThoseWhoAreThere() throws Exception {
    add(MOBILE_NET + ".tflite");
    await(() -> status("/v2/models/" + MOBILE_NET + "/ready") == 200, "the model is loaded");
    byte[] cat = Files.readAllBytes(DATA.resolve("cat.jpg"));
    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      HttpRequest request =
          request("/api/models/" + MOBILE_NET + "/classify")
              .POST(BodyPublishers.ofByteArray(cat))
              .build();
      answers.add(client.sendAsync(request, BodyHandlers.ofByteArray()));
    }
    answers.getFirst().join();
    HttpRequest later = request("/").build();
    server.close();
    for (var answer : answers) {
      int status = answer.handle((r, e) -> r == null ? -1 : r.statusCode()).join();
      assertTrue(status == 200 || status == 503 || status == -1, "status " + status);
    }
    assertThrows(IOException.class, () -> client.send(later, BodyHandlers.ofByteArray()));
  }

  @Test
  void tenThousandMalformedRequestsAreRefusedAndTheServerIsAsBefore() throws Exception {
    var random = new SplittableRandom(SEED);
    Map<Integer, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 9_000; i++) {
      HttpResponse<byte[]> response = post(malformedPath(random), malformedBody(random));
      counts.merge(response.statusCode() / 100, 1, Integer::sum);
      if (response.statusCode() / 100 != 4) {
        assertEquals(4, response.statusCode() / 100, text(response) + ", seed " + SEED);
      }
    }
    for (int i = 0; i < 1_000; i++) {
      String answer = raw(malformedHead(random));
      assertTrue(answer.startsWith("HTTP/1.1 4"), answer + ", seed " + SEED);
    }
    assertEquals(Map.of(4, 9_000), counts);
    byte[] seven = Files.readAllBytes(Path.of("src/main/frontend/public/samples/seven.png"));
    HttpResponse<byte[]> good = post("/api/models/digits-float32/classify", seven);
    assertEquals("7", json(good).objects("results").getFirst().string("label"));
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
      // The beginning of a picture, and nothing that follows from it.
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

  @SuppressWarnings("StringConcatToTextBlock") // Line ends of HTTP are two bytes.
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

  /** The first line of the answer to bytes as they are. */
  private String raw(String request) throws IOException {
    URI address = server.address();
    try (var socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      byte[] answer = new byte[64];
      int count = socket.getInputStream().read(answer);
      return count < 0 ? "" : new String(answer, 0, count, StandardCharsets.ISO_8859_1);
    }
  }
}
