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
  void whatTakesTooLongIsInterruptedAndTheTurnIsFreeAgain() throws Exception {
    try (var limiter = new RequestLimiter(1, 0, Duration.ofMillis(100))) {
      var refused =
          assertThrows(
              RequestException.class,
              () ->
                  limiter.pass(
                      () -> {
                        // As the interpreter does between operators.
                        while (!Thread.currentThread().isInterrupted()) {
                          Thread.onSpinWait();
                        }
                        throw new CancellationException();
                      }));
      assertEquals(503, refused.status());
      assertFalse(Thread.currentThread().isInterrupted());
      assertEquals(7, limiter.pass(() -> 7));
    }
  }

  @Test
  void whoseTurnDoesNotComeInTimeIsToldSo() throws Exception {
    var release = new CountDownLatch(1);
    var begun = new CountDownLatch(1);
    try (var limiter = new RequestLimiter(1, 4, Duration.ofMillis(200));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> first =
          threads.submit(
              () ->
                  limiter.pass(
                      () -> {
                        begun.countDown();
                        awaitCalmly(release);
                        return 0;
                      }));
      begun.await();
      var refused = assertThrows(RequestException.class, () -> limiter.pass(() -> 1));
      assertEquals(503, refused.status());
      release.countDown();
      assertEquals(0, first.get());
    }
  }

  private static void awaitCalmly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // The alarm of the turnstile: this computation does not listen.
      }
    }
  }

  @Test
  void neverMoreComputeThanMayAndNeverMoreWaitThanMay() throws Exception {
    var computing = new AtomicInteger();
    var most = new AtomicInteger();
    var refused = new AtomicInteger();
    try (var limiter = new RequestLimiter(3, 10, Duration.ofSeconds(20));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        all.add(
            threads.submit(
                () -> {
                  try {
                    return limiter.pass(
                        () -> {
                          most.accumulateAndGet(computing.incrementAndGet(), Math::max);
                          Thread.sleep(2);
                          return computing.decrementAndGet();
                        });
                  } catch (RequestException e) {
                    assertEquals(429, e.status());
                    return refused.incrementAndGet();
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
      assertEquals(0, limiter.waiting());
    }
    assertEquals(3, most.get());
    assertFalse(refused.get() == 0);
  }
}
