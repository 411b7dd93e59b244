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
 * A limiter of concurrent computations. A limited number of requests compute, a limited number wait
 * for a limited time, and others are rejected. A computation that takes too long is interrupted.
 */
final class RequestLimiter implements AutoCloseable {
  private final Semaphore permits;
  private final AtomicInteger waiting = new AtomicInteger();
  private final int queue;
  private final Duration timeout;
  private final ScheduledExecutorService timer;

  /**
   * Creates a limiter.
   *
   * @param threads maximum number of computations at a time
   * @param queue maximum number of waiting requests
   * @param timeout maximum time that a request may wait, and then compute
   */
  RequestLimiter(int threads, int queue, Duration timeout) {
    this.permits = new Semaphore(threads, true);
    this.queue = queue;
    this.timeout = timeout;
    var scheduler =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "whittle-timer");
              thread.setDaemon(true);
              return thread;
            });
    scheduler.setRemoveOnCancelPolicy(true);
    this.timer = scheduler;
  }

  /** Returns the number of waiting requests. */
  int waiting() {
    return waiting.get();
  }

  /**
   * Runs a computation, as soon as fewer others than the limit are running.
   *
   * @throws RequestException with 429 if the queue is full, with 503 if the wait or the computation
   *     takes longer than the timeout
   */
  <T> T execute(Callable<T> computation) throws Exception {
    if (!permits.tryAcquire()) {
      await();
    }
    Thread thread = Thread.currentThread();
    ScheduledFuture<?> interruption =
        timer.schedule(thread::interrupt, timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return computation.call();
    } catch (CancellationException e) {
      throw new RequestException(
          RequestException.UNAVAILABLE,
          "the computation took longer than the limit of %d ms".formatted(timeout.toMillis()));
    } finally {
      interruption.cancel(false);
      permits.release();
      // The interruption may have come after the computation; it is not for the thread's next task.
      Thread.interrupted();
    }
  }

  private void await() throws InterruptedException {
    if (waiting.incrementAndGet() > queue) {
      waiting.decrementAndGet();
      throw new RequestException(
          RequestException.TOO_MANY_REQUESTS,
          "the queue is full with %d requests; try again later".formatted(queue));
    }
    try {
      if (!permits.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new RequestException(
            RequestException.UNAVAILABLE,
            "the request waited longer than the limit of %d ms; try again later"
                .formatted(timeout.toMillis()));
      }
    } finally {
      waiting.decrementAndGet();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
