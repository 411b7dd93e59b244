package dev.whittle.web;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets so many requests compute at a time, so many others wait for a limited time, and turns the
 * rest away. What computes too long is interrupted.
 */
final class RequestLimiter implements AutoCloseable {
  private final Semaphore turns;
  private final AtomicInteger waiting = new AtomicInteger();
  private final int queue;
  private final Duration timeout;
  private final ScheduledExecutorService clock;

  RequestLimiter(int threads, int queue, Duration timeout) {
    this.turns = new Semaphore(threads, true);
    this.queue = queue;
    this.timeout = timeout;
    var scheduler =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "whittle-clock");
              thread.setDaemon(true);
              return thread;
            });
    scheduler.setRemoveOnCancelPolicy(true);
    this.clock = scheduler;
  }

  /** Requests that wait now. */
  int waiting() {
    return waiting.get();
  }

  /**
   * Computes when it is its turn.
   *
   * @throws RequestException with 429 if too many wait already, with 503 if its turn does not come
   *     in time or it takes too long
   */
  <T> T pass(Callable<T> computation) throws Exception {
    if (!turns.tryAcquire()) {
      await();
    }
    Thread thread = Thread.currentThread();
    ScheduledFuture<?> alarm =
        clock.schedule(thread::interrupt, timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return computation.call();
    } catch (CancellationException e) {
      throw new RequestException(
          RequestException.UNAVAILABLE, "it takes longer than %d ms".formatted(timeout.toMillis()));
    } finally {
      alarm.cancel(false);
      turns.release();
      // An alarm that came at the very end is not for what the thread does next.
      Thread.interrupted();
    }
  }

  private void await() throws InterruptedException {
    if (waiting.incrementAndGet() > queue) {
      waiting.decrementAndGet();
      throw new RequestException(
          RequestException.TOO_MANY_REQUESTS, "%d requests are waiting already".formatted(queue));
    }
    try {
      if (!turns.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new RequestException(
            RequestException.UNAVAILABLE,
            "its turn did not come in %d ms".formatted(timeout.toMillis()));
      }
    } finally {
      waiting.decrementAndGet();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
