package dev.whittle.runtime.kernel.execution;

import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.ScalarKernels;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one session, including its caller's. They take numbered chunks of a task until all
 * are taken. No result depends on the thread that computes it, so that results are the same for any
 * number of threads. Idle threads spin for a moment, since the next task usually follows at once,
 * and then park. Tasks run without allocation and locks.
 */
public final class Workers implements AutoCloseable {
  /** The minimum of {@link #blockRows}. */
  private static final int MIN_BLOCK = 24;

  /** Spins of an idle thread before it parks: some tens of microseconds. */
  private static final int SPINS = 4000;

  private static final VarHandle NEXT;
  private static final VarHandle BUSY;
  private static final VarHandle PARKED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Workers.class, "next", int.class);
      BUSY = lookup.findVarHandle(Workers.class, "busy", int.class);
      PARKED = lookup.findVarHandle(Workers.class, "parked", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Work in numbered chunks that are independent of each other. */
  @FunctionalInterface
  public interface Task {
    void run(int chunk, Scratch scratch);
  }

  /** Elements of a chunk of elementwise work. */
  public static final int CHUNK = 1 << 14;

  /** Returns the number of chunks of elementwise work. */
  public static int chunks(int count) {
    return Math.ceilDiv(count, CHUNK);
  }

  /** Returns the first element of a chunk of elementwise work. */
  public static int first(int chunk) {
    return chunk * CHUNK;
  }

  /** Returns the elements of a chunk of elementwise work. */
  public static int length(int chunk, int count) {
    return Math.min(CHUNK, count - chunk * CHUNK);
  }

  private final boolean vectors;
  private final Scratch[] scratches;
  private final Thread[] threads;
  private @Nullable Task task;
  private int chunks;

  @SuppressWarnings("UnusedVariable") // Through NEXT.
  private volatile int next;

  /** Workers that have not finished the current task. */
  private volatile int busy;

  /** The number of tasks so far: a change signals a new task to the workers. */
  private volatile int round;

  private int rounds;
  private volatile int parked;

  private volatile boolean closed;
  private volatile @Nullable Throwable failure;

  /**
   * Starts {@code threads - 1} daemon threads.
   *
   * @param vectors whether they use the Vector API, where it is present
   */
  public Workers(int threads, boolean vectors) {
    this.vectors = vectors;
    scratches = new Scratch[threads];
    for (int i = 0; i < threads; i++) {
      scratches[i] = new Scratch(vectors ? MicroKernels.best() : new ScalarKernels());
    }
    this.threads = new Thread[threads - 1];
    for (int i = 0; i < this.threads.length; i++) {
      Scratch scratch = scratches[i + 1];
      this.threads[i] =
          Thread.ofPlatform().daemon().name("whittle-" + (i + 1)).start(() -> work(scratch));
    }
  }

  /** Returns whether the threads use the Vector API if it is present. */
  public boolean mayUseVectors() {
    return vectors;
  }

  public int count() {
    return scratches.length;
  }

  /** See {@link MicroKernels#lanes}. */
  public int lanes() {
    return scratches[0].math.lanes();
  }

  /** See {@link MicroKernels#readsBytes}. */
  public boolean readBytes() {
    return scratches[0].math.readsBytes();
  }

  /** Returns the number of rows that GEMMs are best computed by, or by a multiple of it. */
  public int blockRows() {
    int tile = scratches[0].math.tileRows();
    return Math.ceilDiv(MIN_BLOCK, tile) * tile;
  }

  /** Returns the scratch space of the calling thread. */
  public Scratch scratch() {
    return scratches[0];
  }

  /** Reserves buffers in every thread's scratch space. */
  public void reserve(int inputs, int sums, int integers) {
    for (Scratch scratch : scratches) {
      scratch.reserve(inputs, sums, integers);
    }
  }

  /** Runs all chunks of a task and returns when they are done. */
  public void run(Task newTask, int count) {
    run(newTask, count, true);
  }

  /**
   * Runs all chunks of a task and returns when they are done.
   *
   * @param worthSharing whether there is enough to do for other threads than the caller's
   */
  public void run(Task newTask, int count, boolean worthSharing) {
    if (threads.length == 0 || count == 1 || !worthSharing) {
      for (int chunk = 0; chunk < count; chunk++) {
        newTask.run(chunk, scratches[0]);
      }
      return;
    }
    task = newTask;
    chunks = count;
    next = 0;
    busy = threads.length;
    rounds++;
    round = rounds;
    if (parked > 0) {
      for (Thread thread : threads) {
        LockSupport.unpark(thread);
      }
    }
    take(newTask, count, scratches[0]);
    while (busy > 0) {
      Thread.onSpinWait();
    }
    task = null;
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      if (thrown instanceof RuntimeException exception) {
        throw exception;
      }
      throw (Error) thrown;
    }
  }

  private void take(Task running, int count, Scratch scratch) {
    try {
      for (int chunk = (int) NEXT.getAndAdd(this, 1);
          chunk < count;
          chunk = (int) NEXT.getAndAdd(this, 1)) {
        running.run(chunk, scratch);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
      next = count;
    }
  }

  private void work(Scratch scratch) {
    int seen = 0;
    int spins = 0;
    while (!closed) {
      if (round == seen) {
        if (spins < SPINS) {
          spins++;
          Thread.onSpinWait();
        } else {
          // The thread that starts a round checks for parked threads after counting the round.
          PARKED.getAndAdd(this, 1);
          if (round == seen && !closed) {
            LockSupport.park(this);
          }
          PARKED.getAndAdd(this, -1);
        }
        continue;
      }
      seen++;
      spins = 0;
      Task running = task;
      if (running != null) {
        take(running, chunks, scratch);
      }
      BUSY.getAndAdd(this, -1);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }
}
