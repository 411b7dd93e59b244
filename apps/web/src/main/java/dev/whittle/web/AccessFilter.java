package dev.whittle.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may ask what, and what browsers may do with the answers. */
final class AccessFilter {
  /** Nothing from elsewhere; WebAssembly, pictures of the page's own making and a worker. */
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
   * Refuses what comes from another site's page: a name that leads here but is not ours, or another
   * origin.
   *
   * @throws RequestException with 403
   */
  void checkOrigin(Exchange exchange) {
    String host = exchange.header("Host");
    if (local && host != null && !LOCAL_NAMES.contains(host.replaceFirst(":\\d+$", ""))) {
      throw new RequestException(
          RequestException.FORBIDDEN, "this server is for this machine, not for " + host);
    }
    String origin = exchange.header("Origin");
    if (origin != null && host != null && !origin.endsWith("://" + host)) {
      throw new RequestException(
          RequestException.FORBIDDEN, "the page of " + origin + " may not ask");
    }
  }

  /**
   * Refuses what does not bring the key.
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
    boolean right =
        given != null
            && MessageDigest.isEqual(
                given.getBytes(StandardCharsets.UTF_8), apiKey.getBytes(StandardCharsets.UTF_8));
    if (!right) {
      throw new RequestException(RequestException.UNAUTHORIZED, "bring the API key");
    }
  }
}
