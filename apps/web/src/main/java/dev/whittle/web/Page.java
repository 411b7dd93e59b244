package dev.whittle.web;

import dev.whittle.json.Config;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;

/** The files of the web app, which are resources of this package. Only listed files are served. */
final class Page {
  private static final String FOLDER = "page/";
  private static final String LIST = "files.json";
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("webmanifest", "application/manifest+json"),
          Map.entry("wasm", "application/wasm"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("txt", "text/plain; charset=utf-8"));

  /** The folder of files with a hash of their contents in their names. */
  private static final String HASHED = "assets/";

  private static final int MIN_COMPRESSED_BYTES = 1024;

  private final Map<String, String> entityTags = new HashMap<>();
  private final Map<String, byte[]> compressed = new ConcurrentHashMap<>();

  /** Returns whether the build included the page, which needs Node.js. */
  static boolean isBuilt() {
    return Page.class.getResource(FOLDER + LIST) != null;
  }

  /** Reads the list of the page's files, unless it was built without the page. */
  Page() {
    if (!isBuilt()) {
      System.err.println("whittle: built without the page; only the HTTP interface is served");
      return;
    }
    try {
      Config list = Config.parse(read(LIST), LIST, IllegalStateException::new);
      for (String file : list.keys()) {
        entityTags.put(file, '"' + list.string(file) + '"');
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the list of the page's files", e);
    }
  }

  private static byte[] read(String file) throws IOException {
    try (InputStream in = Page.class.getResourceAsStream(FOLDER + file)) {
      return Objects.requireNonNull(in, file).readAllBytes();
    }
  }

  private static String file(String path) {
    return path.equals("/") ? "index.html" : path.substring(1);
  }

  /** Returns whether there is a file at a path such as {@code /assets/index.js}. */
  boolean has(String path) {
    return entityTags.containsKey(file(path));
  }

  /** Returns the file at a path for which {@link #has} is true. */
  Response respond(String path, Exchange exchange) throws IOException {
    String file = file(path);
    String tag = Objects.requireNonNull(entityTags.get(file), file);
    String type = type(file);
    String caching = file.startsWith(HASHED) ? "public, max-age=31536000, immutable" : "no-cache";
    if (tag.equals(exchange.header("If-None-Match"))) {
      return withCaching(new Response(304, type, new byte[0]), tag, caching);
    }
    String accepted = exchange.header("Accept-Encoding");
    boolean acceptsGzip = accepted != null && accepted.contains("gzip");
    byte[] gzip = acceptsGzip ? compressed.get(file) : null;
    if (gzip == null) {
      byte[] bytes = read(file);
      boolean isCompressible =
          !type.equals("image/png")
              && !type.equals("image/jpeg")
              && bytes.length >= MIN_COMPRESSED_BYTES;
      if (!acceptsGzip || !isCompressible) {
        return withCaching(new Response(200, type, bytes), tag, caching);
      }
      gzip = compressed.computeIfAbsent(file, f -> compress(bytes));
    }
    Response response = new Response(200, type, gzip).with("Content-Encoding", "gzip");
    return withCaching(response.with("Vary", "Accept-Encoding"), tag, caching);
  }

  private static Response withCaching(Response response, String tag, String caching) {
    return response.with("ETag", tag).with("Cache-Control", caching);
  }

  private static String type(String file) {
    String extension = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return TYPES.getOrDefault(extension, "application/octet-stream");
  }

  private static byte[] compress(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
