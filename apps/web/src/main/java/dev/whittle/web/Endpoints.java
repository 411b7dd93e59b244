package dev.whittle.web;

import dev.whittle.image.Image;
import dev.whittle.image.ImageDecoder;
import dev.whittle.image.Region;
import dev.whittle.vision.Category;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The endpoints of the server, by path. */
final class Endpoints {
  private static final int DEFAULT_TOP = 3;

  private final AccessFilter accessFilter;
  private final Page page;
  private final ModelRepository models;
  private final RequestLimiter limiter;
  private final Metrics metrics;
  private final ImageDecoder decoder;
  private final AtomicBoolean ready;
  private final String version;

  Endpoints(
      ServerOptions options,
      Page page,
      ModelRepository models,
      RequestLimiter limiter,
      Metrics metrics,
      AtomicBoolean ready) {
    this.accessFilter = new AccessFilter(options);
    this.page = page;
    this.models = models;
    this.limiter = limiter;
    this.metrics = metrics;
    this.decoder = new ImageDecoder(options.maxRequestBytes(), options.maxPixels());
    this.ready = ready;
    String implementation = Endpoints.class.getPackage().getImplementationVersion();
    this.version = implementation == null ? "development" : implementation;
  }

  /**
   * An endpoint.
   *
   * @param name in the metrics
   * @param method of HTTP that it accepts
   * @param action that it runs
   */
  record Endpoint(String name, String method, Action action) {}

  /** The handler of an endpoint's requests. */
  interface Action {
    Response respond(Exchange exchange) throws Exception;
  }

  /** Returns the endpoint at a path; empty if there is none. */
  Optional<Endpoint> find(String path) {
    if (page.has(path)) {
      return Optional.of(new Endpoint("page", "GET", open(e -> page.respond(path, e))));
    }
    String[] parts = path.substring(1).split("/", -1);
    return Optional.ofNullable(
        switch (parts[0]) {
          case "v2" -> protocol(parts);
          case "api" -> api(parts);
          case "models" -> parts.length == 2 ? download(parts[1]) : null;
          case "metrics" -> parts.length == 1 ? get("metrics", e -> metrics.expose()) : null;
          default -> null;
        });
  }

  private Action open(Action action) {
    return exchange -> {
      accessFilter.checkOrigin(exchange);
      return action.respond(exchange);
    };
  }

  private Action guarded(Action action) {
    return exchange -> {
      accessFilter.checkOrigin(exchange);
      accessFilter.checkKey(exchange);
      return action.respond(exchange);
    };
  }

  private Endpoint get(String name, Action action) {
    return new Endpoint(name, "GET", guarded(action));
  }

  private Endpoint post(String name, Action action) {
    return new Endpoint(name, "POST", guarded(action));
  }

  private ServedModel model(String name) {
    return models
        .find(name)
        .orElseThrow(
            () ->
                new RequestException(
                    RequestException.NOT_FOUND, "there is no model '" + name + "'"));
  }

  /**
   * Returns a model of a version.
   *
   * @param expectedVersion empty for any
   * @throws RequestException with 404 if there is none
   */
  private ServedModel model(String name, String expectedVersion) {
    ServedModel served = model(name);
    if (!expectedVersion.isEmpty() && !expectedVersion.equals(served.version())) {
      throw new RequestException(
          RequestException.NOT_FOUND,
          "model '%s' has no version %s; the current version is %s"
              .formatted(name, expectedVersion, served.version()));
    }
    return served;
  }

  private @Nullable Endpoint protocol(String[] parts) {
    if (parts.length == 1) {
      return get("v2", e -> InferenceProtocol.serverMetadata(version));
    }
    if (parts[1].equals("health") && parts.length == 3) {
      return switch (parts[2]) {
        case "live" -> new Endpoint("health", "GET", open(e -> Response.json(200, Map.of())));
        case "ready" ->
            new Endpoint(
                "health", "GET", open(e -> Response.json(ready.get() ? 200 : 503, Map.of())));
        default -> null;
      };
    }
    if (parts[1].equals("repository") && parts.length == 3 && parts[2].equals("index")) {
      return post("repository", e -> index());
    }
    if (!parts[1].equals("models") || parts.length < 3) {
      return null;
    }
    boolean versioned = parts.length > 4 && parts[3].equals("versions");
    String version = versioned ? parts[4] : "";
    int rest = versioned ? 5 : 3;
    if (parts.length == rest) {
      return get("metadata", e -> InferenceProtocol.modelMetadata(model(parts[2], version)));
    }
    if (parts.length != rest + 1) {
      return null;
    }
    return switch (parts[rest]) {
      case "ready" ->
          get(
              "ready",
              e -> {
                model(parts[2], version);
                return Response.json(200, Map.of());
              });
      case "infer" ->
          post("infer", e -> InferenceProtocol.infer(model(parts[2], version), e, limiter));
      default -> null;
    };
  }

  private Response index() {
    List<Object> entries = new ArrayList<>();
    for (ServedModel served : models.all()) {
      entries.add(Map.of("name", served.name(), "version", served.version(), "state", "READY"));
    }
    models
        .problems()
        .forEach(
            (name, reason) ->
                entries.add(Map.of("name", name, "state", "UNAVAILABLE", "reason", reason)));
    return Response.json(200, entries);
  }

  private @Nullable Endpoint api(String[] parts) {
    if (parts.length == 2 && parts[1].equals("models")) {
      return get("models", e -> list());
    }
    if (parts.length != 4 || !parts[1].equals("models")) {
      return null;
    }
    return switch (parts[3]) {
      case "labels" ->
          get("labels", e -> Response.json(200, Map.of("labels", model(parts[2]).labels())));
      case "classify" -> post("classify", e -> classify(model(parts[2]), e));
      default -> null;
    };
  }

  private Response list() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("models", models.all().stream().map(ServedModel::summary).toList());
    map.put("problems", models.problems());
    map.put("version", version);
    return Response.json(200, map).with("Cache-Control", "no-store");
  }

  private @Nullable Endpoint download(String file) {
    String suffix = ".tflite";
    if (!file.endsWith(suffix)) {
      return null;
    }
    return get(
        "download",
        e -> {
          ServedModel served = model(file.substring(0, file.length() - suffix.length()));
          boolean forBrowser = "browser".equals(e.parameter("for"));
          String tag = '"' + served.version() + (forBrowser ? "-browser" : "") + '"';
          boolean isCached = tag.equals(e.header("If-None-Match"));
          byte[] bytes = forBrowser ? served.browserFile() : served.file();
          return new Response(
                  isCached ? 304 : 200, "application/octet-stream", isCached ? new byte[0] : bytes)
              .with("ETag", tag)
              .with("Cache-Control", "no-cache");
        });
  }

  private Response classify(ServedModel served, Exchange exchange) throws Exception {
    int top = (int) exchange.number("top", DEFAULT_TOP);
    double rotation = exchange.number("rotate", 0);
    Optional<Region> region = region(exchange);
    if (top < 1 || rotation != (int) rotation || (int) rotation % 90 != 0) {
      throw new RequestException(
          RequestException.BAD_REQUEST,
          "top is %d and rotate %s; expected top of at least 1 and rotate a multiple of 90"
              .formatted(top, rotation));
    }
    byte[] body = exchange.body();
    return limiter.execute(
        () -> {
          long begin = System.nanoTime();
          Image image = decoder.decode(body, "the image").rotated((int) rotation);
          long decoded = System.nanoTime();
          Region selected = region.orElseGet(() -> Region.square(image));
          ServedModel.Result result = served.classify(image, selected, top);
          metrics.recordInvocation(served.name(), result.milliseconds());
          Map<String, Object> map = new LinkedHashMap<>();
          map.put("model", served.name());
          map.put("version", served.version());
          map.put("width", image.width());
          map.put("height", image.height());
          map.put("results", result.categories().stream().map(Category::fields).toList());
          map.put("milliseconds", result.milliseconds());
          map.put("decodeMilliseconds", (decoded - begin) / 1e6);
          return Response.json(200, map).with("Cache-Control", "no-store");
        });
  }

  /** Returns the region in the query; empty if it has none. */
  private static Optional<Region> region(Exchange exchange) {
    List<String> edges = List.of("left", "upper", "right", "lower");
    if (edges.stream().allMatch(edge -> exchange.parameter(edge) == null)) {
      return Optional.empty();
    }
    return Optional.of(
        new Region(
            exchange.number("left", 0),
            exchange.number("upper", 0),
            exchange.number("right", 1),
            exchange.number("lower", 1)));
  }
}
