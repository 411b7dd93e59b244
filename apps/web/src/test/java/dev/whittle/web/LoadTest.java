package dev.whittle.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/**
 * Load by many clients. {@code -Dload.clients=200 -Dload.seconds=60} is a full run; {@code
 * -Dload.server=http://...} sets a server of another process.
 */
class LoadTest {
  private static final int CLIENTS = Integer.getInteger("load.clients", 50);
  private static final int SECONDS = Integer.getInteger("load.seconds", 3);

  @Test
  void respondsOrRejectsUnderLoad() throws Exception {
    String external = System.getProperty("load.server");
    try (ClassifierServer server =
        new ClassifierServer(ServerOptions.DEFAULT.with("127.0.0.1", 0, null))) {
      server.start();
      URI address = external == null ? server.address() : URI.create(external);
      byte[] seven = Files.readAllBytes(Path.of("src/main/frontend/public/samples/seven.png"));
      Map<Integer, LongAdder> statuses = new ConcurrentHashMap<>();
      var times = new ConcurrentLinkedQueue<Double>();
      long before = usedAfterCollection();
      long end = System.nanoTime() + SECONDS * 1_000_000_000L;
      List<Future<?>> running = new ArrayList<>();
      try (var clients = Executors.newVirtualThreadPerTaskExecutor();
          HttpClient client = HttpClient.newHttpClient()) {
        for (int i = 0; i < CLIENTS; i++) {
          HttpRequest request =
              HttpRequest.newBuilder(address.resolve("/api/models/digits-int8/classify"))
                  .POST(BodyPublishers.ofByteArray(seven))
                  .build();
          running.add(
              clients.submit(
                  () -> {
                    while (System.nanoTime() < end) {
                      long begin = System.nanoTime();
                      int status = client.send(request, BodyHandlers.discarding()).statusCode();
                      if (status == 200) {
                        times.add((System.nanoTime() - begin) / 1e6);
                      }
                      statuses.computeIfAbsent(status, s -> new LongAdder()).increment();
                      if (status == 429) {
                        Thread.sleep(20);
                      }
                    }
                    return null;
                  }));
        }
        for (Future<?> future : running) {
          future.get();
        }
      }
      double[] sorted = times.stream().mapToDouble(t -> t).sorted().toArray();
      times.clear();
      long after = usedAfterCollection();
      System.out.printf(
          "%d clients, %d s: %s; median %.1f ms, p99 %.1f ms; heap %,d KiB before, %,d after%n",
          CLIENTS,
          SECONDS,
          statuses,
          sorted[sorted.length / 2],
          sorted[sorted.length * 99 / 100],
          before >> 10,
          after >> 10);
      assertTrue(sorted.length > 0);
      Set<Integer> others = new TreeSet<>(statuses.keySet());
      others.removeAll(Set.of(200, 429, 503));
      assertEquals(Set.of(), others);
      assertTrue(
          after < before + (64 << 20), "%,d bytes before, %,d after".formatted(before, after));
    }
  }

  private static long usedAfterCollection() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
