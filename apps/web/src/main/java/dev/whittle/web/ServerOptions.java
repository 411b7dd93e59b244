package dev.whittle.web;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Options of a {@link ClassifierServer}.
 *
 * @param host address to listen at; {@code 0.0.0.0} for all addresses of the machine
 * @param port port to listen at; 0 for any free port
 * @param models folder of {@code .tflite} files, which is polled for changes; null for the built-in
 *     models only
 * @param threads maximum number of inferences at a time, at least 1
 * @param queue maximum number of waiting requests; others get the status 429
 * @param timeout maximum time that a request may wait, and then compute
 * @param maxRequestBytes maximum size of a request's body
 * @param maxPixels maximum width times height of an image
 * @param maxMemory maximum bytes of an inference's activations
 * @param apiKey key that requests must have; null for none
 * @param keyStore PKCS #12 file with a certificate, for HTTPS; null for HTTP
 * @param keyStorePassword password of the key store; null if there is no key store
 */
public record ServerOptions(
    String host,
    int port,
    @Nullable Path models,
    int threads,
    int queue,
    Duration timeout,
    long maxRequestBytes,
    long maxPixels,
    long maxMemory,
    @Nullable String apiKey,
    @Nullable Path keyStore,
    @Nullable String keyStorePassword) {
  /** The built-in models at port 8080 of this machine's loopback address, over HTTP. */
  public static final ServerOptions DEFAULT =
      new ServerOptions(
          "127.0.0.1",
          8080,
          null,
          Runtime.getRuntime().availableProcessors(),
          64,
          Duration.ofSeconds(30),
          20L << 20,
          40_000_000,
          1L << 30,
          null,
          null,
          null);

  public ServerOptions {
    if (threads < 1 || queue < 0 || maxRequestBytes < 1 || maxPixels < 1 || maxMemory < 1) {
      throw new IllegalArgumentException(
          ("threads %d, queue %d, maxRequestBytes %d, maxPixels %d, maxMemory %d; expected at least"
                  + " 1, and of queue at least 0")
              .formatted(threads, queue, maxRequestBytes, maxPixels, maxMemory));
    }
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("the port is " + port + "; expected 0 to 65535");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("the timeout is " + timeout + "; expected more than 0");
    }
  }

  /** Returns these options with another address, port and folder of models. */
  public ServerOptions with(String newHost, int newPort, @Nullable Path newModels) {
    return new ServerOptions(
        newHost,
        newPort,
        newModels,
        threads,
        queue,
        timeout,
        maxRequestBytes,
        maxPixels,
        maxMemory,
        apiKey,
        keyStore,
        keyStorePassword);
  }

  /** Returns these options with other limits on concurrent requests. */
  public ServerOptions withLoad(int newThreads, int newQueue, Duration newTimeout) {
    return new ServerOptions(
        host,
        port,
        models,
        newThreads,
        newQueue,
        newTimeout,
        maxRequestBytes,
        maxPixels,
        maxMemory,
        apiKey,
        keyStore,
        keyStorePassword);
  }

  /** Returns these options with other limits on a single request. */
  public ServerOptions withLimits(long newMaxRequestBytes, long newMaxPixels) {
    return new ServerOptions(
        host,
        port,
        models,
        threads,
        queue,
        timeout,
        newMaxRequestBytes,
        newMaxPixels,
        maxMemory,
        apiKey,
        keyStore,
        keyStorePassword);
  }

  /** Returns these options with an API key and a certificate. */
  public ServerOptions withSecurity(
      @Nullable String newApiKey, @Nullable Path newKeyStore, @Nullable String newPassword) {
    return new ServerOptions(
        host,
        port,
        models,
        threads,
        queue,
        timeout,
        maxRequestBytes,
        maxPixels,
        maxMemory,
        newApiKey,
        newKeyStore,
        newPassword);
  }

  /** Returns whether only this machine can reach the address that the server listens at. */
  public boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
