package dev.whittle.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Access control: the origin and API key of requests, and the security headers of responses. */
final class AccessFilter {
  /**
   * Security headers of all responses. The page may load only its own files, and use WebAssembly, a
   * worker, the camera and images that it creates itself.
   */
  static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';"
              + " img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self';"
              + " worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
              + " frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Opener-Policy",
          "same-origin",
          "Cross-Origin-Embedder-Policy",
          "require-corp",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Permissions-Policy",
          "camera=(self), microphone=(), geolocation=()");

  private static final Set<String> LOCAL_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private final @Nullable String apiKey;
  private final boolean local;

  AccessFilter(ServerOptions options) {
    this.apiKey = options.apiKey();
    this.local = options.isLoopback();
  }

  /**
   * Rejects requests that another site's page sends: those of another origin, and, if the server
   * listens at a loopback address only, those of another host name (DNS rebinding).
   *
   * @throws RequestException with 403
   */
  void checkOrigin(Exchange exchange) {
    String host = exchange.header("Host");
    if (local && host != null && !LOCAL_NAMES.contains(host.replaceFirst(":\\d+$", ""))) {
      throw new RequestException(
          RequestException.FORBIDDEN,
          "the host is %s; this server is reachable as localhost only".formatted(host));
    }
    String origin = exchange.header("Origin");
    if (origin != null && host != null && !origin.endsWith("://" + host)) {
      throw new RequestException(
          RequestException.FORBIDDEN, "requests from the origin " + origin + " are not allowed");
    }
  }

  /**
   * Rejects requests without the API key, if the server has one.
   *
   * @throws RequestException with 401
   */
  void checkKey(Exchange exchange) {
    if (apiKey == null) {
      return;
    }
    String authorization = exchange.header("Authorization");
    String given =
        authorization != null && authorization.startsWith("Bearer ")
            ? authorization.substring("Bearer ".length())
            : exchange.header("X-API-Key");
    boolean isValid =
        given != null
            && MessageDigest.isEqual(
                given.getBytes(StandardCharsets.UTF_8), apiKey.getBytes(StandardCharsets.UTF_8));
    if (!isValid) {
      throw new RequestException(
          RequestException.UNAUTHORIZED,
          "the API key is missing or wrong; send it as a bearer token or in X-API-Key");
    }
  }
}
