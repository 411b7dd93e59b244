package dev.whittle.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Breaks sample models and takes each mutant through everything that meets a hostile file: reading,
 * checking, writing back, planning and running. {@code -Dfuzz.mutants=1000000 -Dfuzz.seed=7} change
 * how many and which.
 */
class MutationFuzzTest {
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 20_000);
  private static final long SEED = Long.getLong("fuzz.seed", 20260103L);
  private static final int[] EXTREMES = {
    0, 1, -1, 4, 16, 127, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x7ffffffc
  };
  private static final long MAX_NANOS = 1_000_000_000L;
  private static final List<String> ENGINES = List.of(ReferenceEngine.NAME, FastEngine.NAME);

  private final List<byte[]> samples = samples();

  private static List<byte[]> samples() {
    try (var files = Files.walk(Path.of("../../quality/testdata"))) {
      return files
          .filter(f -> f.toString().endsWith(".tflite"))
          .sorted()
          .map(MutationFuzzTest::bytes)
          .filter(bytes -> bytes.length < 40_000)
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Ends loops that a mutant made endless: an interrupted run stops. */
  private static Thread watchdog(Thread watched, AtomicLong started) {
    Runnable watch =
        () -> {
          while (true) {
            try {
              Thread.sleep(20);
            } catch (InterruptedException e) {
              return;
            }
            if (System.nanoTime() - started.get() > MAX_NANOS / 2) {
              watched.interrupt();
            }
          }
        };
    return Thread.ofPlatform().daemon().start(watch);
  }

  @Test
  void brokenModelsGiveModelExceptionsOrRun() {
    var random = new SplittableRandom(SEED);
    Long only = Long.getLong("fuzz.mutant");
    int read = 0;
    int ran = 0;
    var started = new AtomicLong(System.nanoTime());
    Thread watchdog = watchdog(Thread.currentThread(), started);
    try {
      for (int i = 0; i < (only == null ? MUTANTS : 1); i++) {
        long seed = only == null ? random.nextLong() : only;
        byte[] mutant = mutant(new SplittableRandom(seed));
        long start = System.nanoTime();
        started.set(start);
        Model model = check(seed, mutant);
        if (model != null) {
          read++;
          ran += run(seed, model) ? 1 : 0;
        }
        // A pause of the machine is not a hang: those come back.
        if (System.nanoTime() - start > MAX_NANOS) {
          Thread.interrupted();
          long again = System.nanoTime();
          started.set(again);
          Model second = check(seed, mutant);
          if (second != null) {
            run(seed, second);
          }
          long nanos = System.nanoTime() - again;
          assertTrue(nanos < MAX_NANOS, () -> "mutant seed " + seed + " took " + nanos + " ns");
        }
        Thread.interrupted();
      }
    } finally {
      // Later tests of this thread must not find an interrupt.
      watchdog.interrupt();
      Thread.interrupted();
    }
    System.out.printf("%d mutants: %d could be read, %d ran%n", MUTANTS, read, ran);
  }

  private static @Nullable Model check(long seed, byte[] mutant) {
    try {
      Model model = TfliteReader.read(mutant);
      TfliteWriter.toBytes(model);
      return model;
    } catch (ModelException e) {
      assertTrue(e.getMessage() != null && !e.getMessage().isBlank(), "mutant seed " + seed);
      return null;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError("reading mutant seed " + seed, e);
    }
  }

  private static boolean run(long seed, Model model) {
    boolean ran = true;
    for (String engine : ENGINES) {
      ran &= run(seed, model, engine);
    }
    return ran;
  }

  private static boolean run(long seed, Model model, String engine) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine).withMaxMemory(32L << 20);
    try (var interpreter = Interpreter.of(model, options)) {
      interpreter.allocateTensors();
      interpreter.invoke();
      return true;
    } catch (ModelException | CancellationException e) {
      return false;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError(engine + " running mutant seed " + seed, e);
    }
  }

  private byte[] mutant(SplittableRandom random) {
    byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
    for (int edits = random.nextInt(1, 5); edits > 0; edits--) {
      bytes = edit(random, bytes);
    }
    return bytes;
  }

  private static byte[] edit(SplittableRandom random, byte[] bytes) {
    if (bytes.length < 8) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(7)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt();
      case 2, 3 -> {
        int aligned = Math.min(at & ~3, bytes.length - 4 & ~3);
        int value = EXTREMES[random.nextInt(EXTREMES.length)];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(aligned, value);
      }
      case 4 -> {
        int aligned = Math.min(at & ~3, bytes.length - 4 & ~3);
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(aligned, buffer.getInt(aligned) + random.nextInt(-8, 9));
      }
      case 5 -> {
        int length = Math.min(random.nextInt(1, 64), bytes.length - at);
        int from = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes, from, bytes, at, length);
      }
      default -> {
        if (random.nextInt(4) == 0) {
          return Arrays.copyOf(bytes, at);
        }
      }
    }
    return bytes;
  }
}
