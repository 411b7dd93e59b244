package dev.whittle.web;

import dev.whittle.json.Config;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** A server at a free port, with a client. */
final class RunningServer implements AutoCloseable {
  final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final Path models;
  private ClassifierServer server;

  RunningServer(Path models) throws IOException {
    this.models = models;
    this.server = start(ServerOptions.DEFAULT);
  }

  private ClassifierServer start(ServerOptions options) throws IOException {
    var started = new ClassifierServer(options.with("127.0.0.1", 0, models));
    started.start();
    return started;
  }

  /** Stops the server and starts another with the same models. */
  void restart(ServerOptions options) throws IOException {
    server.close();
    server = start(options);
  }

  void stop() throws IOException {
    server.close();
  }

  URI address() {
    return server.address();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.address().resolve(path)).timeout(Duration.ofSeconds(60));
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  HttpResponse<byte[]> post(String path, byte[] body) throws IOException, InterruptedException {
    return send(request(path).POST(BodyPublishers.ofByteArray(body)));
  }

  /** Returns the status of a GET request; -1 if there is no response. */
  int status(String path) {
    try {
      return get(path).statusCode();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends text as raw bytes and returns the beginning of the response. */
  String raw(String request) throws IOException {
    URI address = server.address();
    try (var socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      byte[] beginning = new byte[64];
      int count = socket.getInputStream().read(beginning);
      return count < 0 ? "" : new String(beginning, 0, count, StandardCharsets.ISO_8859_1);
    }
  }

  static Config json(HttpResponse<byte[]> response) {
    return Config.parse(response.body(), "the response", IllegalStateException::new);
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    server.close();
    client.close();
  }
}
