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

/** Tasks that run on a thread each. */
public final class ParallelTasks {
  private ParallelTasks() {}

  /**
   * Runs all tasks at the same time and waits for their results. After a failure, tasks that still
   * run are interrupted.
   *
   * @return the results in the order of {@code tasks}
   * @throws IOException if a task throws it; unchecked exceptions of tasks are thrown likewise
   * @throws CancellationException if the waiting thread is interrupted
   */
  public static <T> List<T> run(List<? extends Callable<T>> tasks) throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(Math.max(1, tasks.size()));
    try {
      List<Future<T>> running = new ArrayList<>();
      for (Callable<T> task : tasks) {
        running.add(executor.submit(task));
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
      throw new CancellationException("interrupted while waiting for tasks");
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
