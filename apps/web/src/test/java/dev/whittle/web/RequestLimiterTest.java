package dev.whittle.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RequestLimiterTest {
  @Test
  void interruptsComputationsThatTakeTooLong() throws Exception {
    try (var limiter = new RequestLimiter(1, 0, Duration.ofMillis(100))) {
      var rejected =
          assertThrows(
              RequestException.class,
              () ->
                  limiter.execute(
                      () -> {
                        // Like the interpreter between operators.
                        while (!Thread.currentThread().isInterrupted()) {
                          Thread.onSpinWait();
                        }
                        throw new CancellationException();
                      }));
      assertEquals(503, rejected.status());
      assertFalse(Thread.currentThread().isInterrupted());
      assertEquals(7, limiter.execute(() -> 7));
    }
  }

  @Test
  void rejectsRequestsThatWaitTooLong() throws Exception {
    var release = new CountDownLatch(1);
    var begun = new CountDownLatch(1);
    try (var limiter = new RequestLimiter(1, 4, Duration.ofMillis(200));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> first =
          threads.submit(
              () ->
                  limiter.execute(
                      () -> {
                        begun.countDown();
                        awaitIgnoringInterrupts(release);
                        return 0;
                      }));
      begun.await();
      var rejected = assertThrows(RequestException.class, () -> limiter.execute(() -> 1));
      assertEquals(503, rejected.status());
      release.countDown();
      assertEquals(0, first.get());
    }
  }

  private static void awaitIgnoringInterrupts(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // The interruption of the limiter, which this computation ignores.
      }
    }
  }

  @Test
  void limitsComputingAndWaitingRequests() throws Exception {
    var computing = new AtomicInteger();
    var maxComputing = new AtomicInteger();
    var rejected = new AtomicInteger();
    try (var limiter = new RequestLimiter(3, 10, Duration.ofSeconds(20));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        futures.add(
            threads.submit(
                () -> {
                  try {
                    return limiter.execute(
                        () -> {
                          maxComputing.accumulateAndGet(computing.incrementAndGet(), Math::max);
                          Thread.sleep(2);
                          return computing.decrementAndGet();
                        });
                  } catch (RequestException e) {
                    assertEquals(429, e.status());
                    return rejected.incrementAndGet();
                  }
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
      assertEquals(0, limiter.waiting());
    }
    assertEquals(3, maxComputing.get());
    assertFalse(rejected.get() == 0);
  }
}
