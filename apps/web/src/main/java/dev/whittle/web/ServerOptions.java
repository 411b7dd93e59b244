package dev.whittle.web;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link ClassifierServer} serves.
 *
 * @param host to listen at; {@code 0.0.0.0} for all addresses of the machine
 * @param port to listen at; 0 for any that is free
 * @param models a folder of {@code .tflite} files, which is watched; null for the built-in ones
 *     only
 * @param threads invocations at a time
 * @param queue requests that may wait for their turn; more are answered with 429
 * @param timeout how long a request may wait, and then how long it may compute
 * @param maxRequestBytes of a request's body
 * @param maxPixels of a picture
 * @param maxMemory bytes that the activations of one invocation may take
 * @param apiKey what requests must bring; null for none
 * @param keyStore a PKCS #12 file with a certificate, for HTTPS; null for HTTP
 * @param keyStorePassword of that file
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
      throw new IllegalArgumentException("limits must be at least 1");
    }
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("a port is from 0 to 65535, not " + port);
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("a timeout is more than nothing");
    }
  }

  /** These with other places to listen at and models. */
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

  /** These with other limits of work at a time. */
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

  /** These with other limits of a request. */
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

  /** These with a key that requests must bring, and a certificate. */
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
