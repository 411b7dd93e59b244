package dev.whittle.web;

import dev.whittle.json.JsonOutput;
import java.util.LinkedHashMap;
import java.util.Map;

/** A response: status, content and headers. */
final class Response {
  static final String JSON = "application/json";

  private final int status;
  private final String type;
  private final byte[] bytes;
  private final Map<String, String> headers = new LinkedHashMap<>();

  Response(int status, String type, byte[] bytes) {
    this.status = status;
    this.type = type;
    this.bytes = bytes;
  }

  static Response json(int status, Object document) {
    return new Response(status, JSON, JsonOutput.bytes(document));
  }

  static Response error(int status, String message) {
    return json(status, Map.of("error", message));
  }

  /** Adds a header to this response and returns it. */
  Response with(String header, String value) {
    headers.put(header, value);
    return this;
  }

  int status() {
    return status;
  }

  String type() {
    return type;
  }

  @SuppressWarnings("MutableArrayReturn") // Written to the network next.
  byte[] bytes() {
    return bytes;
  }

  Map<String, String> headers() {
    return headers;
  }
}
