package dev.whittle.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Work on samples on several threads. */
public final class ParallelTasks {
  private ParallelTasks() {}

  /**
   * Runs all pieces of work at the same time and waits for their results.
   *
   * @return the results in the order of {@code work}
   * @throws IOException what a piece throws, as all its unchecked exceptions
   * @throws CancellationException if the waiting thread is interrupted
   */
  public static <T> List<T> run(List<? extends Callable<T>> work) throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(Math.max(1, work.size()));
    try {
      List<Future<T>> running = new ArrayList<>();
      for (Callable<T> piece : work) {
        running.add(executor.submit(piece));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : running) {
        results.add(get(future));
      }
      return results;
    } finally {
      executor.shutdownNow();
    }
  }

  private static <T> T get(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the thread was interrupted");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException runtime -> throw runtime;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
