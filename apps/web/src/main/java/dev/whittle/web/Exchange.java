package dev.whittle.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/** A request of an endpoint, with limits on the memory of its body. */
final class Exchange {
  /** The memory of all bodies at a time, half a gibibyte, in units of 64 KiB. */
  private static final Semaphore BODIES = new Semaphore(1 << 13);

  private static final int UNIT = 1 << 16;
  private static final int MAX_DRAINED = 1 << 20;

  private final Request request;
  private final Fields query;
  private final long maxBody;
  private int held;
  private boolean read;

  Exchange(Request request, long maxBody) {
    this.request = request;
    this.query = Request.extractQueryParameters(request);
    this.maxBody = maxBody;
  }

  String method() {
    return request.getMethod();
  }

  @Nullable String header(String name) {
    HttpField field = request.getHeaders().getField(name);
    return field == null ? null : field.getValue();
  }

  /** Returns a parameter of the query; null if it is missing. */
  @Nullable String parameter(String name) {
    return query.getValue(name);
  }

  double number(String name, double ifMissing) {
    String text = parameter(name);
    if (text == null) {
      return ifMissing;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new RequestException(
          RequestException.BAD_REQUEST,
          "parameter %s is '%s'; expected a number".formatted(name, text));
    }
  }

  /**
   * Reads the body.
   *
   * @throws RequestException with 413 if it is too large, with 503 if the bodies of other requests
   *     leave no memory for it
   */
  byte[] body() throws IOException {
    long length = request.getLength();
    if (length > maxBody) {
      throw tooLarge();
    }
    int units = (int) Math.ceilDiv(length < 0 ? maxBody : length, UNIT);
    if (!BODIES.tryAcquire(units)) {
      throw new RequestException(
          RequestException.UNAVAILABLE, "too many requests are being read; try again later");
    }
    held += units;
    try (InputStream in = Content.Source.asInputStream(request)) {
      byte[] bytes = in.readNBytes(Math.toIntExact(maxBody + 1));
      if (bytes.length > maxBody) {
        throw tooLarge();
      }
      read = true;
      return bytes;
    }
  }

  private RequestException tooLarge() {
    return new RequestException(
        RequestException.TOO_LARGE,
        "the request's body is too large; expected at most %,d bytes".formatted(maxBody));
  }

  /**
   * Reads and discards a body that was not read, unless it is large. Closing a connection while the
   * client is sending may lose the response.
   *
   * @return true if the connection can take another request
   */
  boolean drain() {
    if (request.getLength() == 0 || read) {
      return true;
    }
    if (request.getLength() > MAX_DRAINED) {
      return false;
    }
    try (InputStream in = Content.Source.asInputStream(request)) {
      return in.readNBytes(MAX_DRAINED + 1).length <= MAX_DRAINED;
    } catch (IOException e) {
      return false;
    }
  }

  /** Releases the memory of the body. */
  void release() {
    BODIES.release(held);
    held = 0;
  }
}
