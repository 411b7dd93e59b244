package dev.whittle.web;

import dev.whittle.ir.ModelException;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.vision.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The served models: built-in ones, and those of a folder that is polled for changes.
 *
 * <p>A new or changed file is loaded once its size and time have stayed the same for an interval. A
 * removed file's model is removed. While a new version of a file cannot be loaded, the old model is
 * still served.
 */
final class ModelRepository implements AutoCloseable {
  private static final List<String> BUILT_IN = List.of("digits-float32", "digits-int8");
  private static final String SUFFIX = ".tflite";
  private static final String SHARED_LABELS = "labels.txt";
  private static final long INTERVAL_MILLISECONDS = 1000;

  private final @Nullable Path folder;
  private final InterpreterOptions options;
  private final Map<String, ServedModel> models = new ConcurrentSkipListMap<>();
  private final Map<String, String> problems = new ConcurrentSkipListMap<>();
  private Map<Path, Stamp> seen = new HashMap<>();
  private final Map<Path, Stamp> loaded = new HashMap<>();
  private final Thread watcher;

  /** The state of a file and its labels, for detecting changes. Times are in milliseconds. */
  private record Stamp(long size, long modified, long labelsModified) {}

  /**
   * Loads the built-in models and those of a folder.
   *
   * @param folder null for the built-in models only
   * @param maxMemory maximum bytes of an invocation's activations
   * @throws IOException if the folder cannot be read
   */
  ModelRepository(@Nullable Path folder, long maxMemory) throws IOException {
    this.folder = folder;
    this.options = InterpreterOptions.DEFAULT.withEngine(FastEngine.NAME).withMaxMemory(maxMemory);
    for (String name : BUILT_IN) {
      try (InputStream in = ModelRepository.class.getResourceAsStream("models/" + name + SUFFIX)) {
        byte[] file = Objects.requireNonNull(in, name).readAllBytes();
        models.put(name, new ServedModel(name, file, null, true, options));
      }
    }
    if (folder != null) {
      seen = stamps(folder);
      refresh(folder, false);
    }
    watcher = Thread.ofPlatform().daemon().name("whittle-models").unstarted(this::watch);
  }

  /** Starts to measure latencies and to poll the folder. */
  void start() {
    watcher.start();
  }

  Collection<ServedModel> all() {
    return models.values();
  }

  /** Returns the reasons that files are not served for, by the name of the model. */
  Map<String, String> problems() {
    return new TreeMap<>(problems);
  }

  Optional<ServedModel> find(String name) {
    return Optional.ofNullable(models.get(name));
  }

  private void watch() {
    try {
      models.values().forEach(ServedModel::measure);
      while (folder != null) {
        Thread.sleep(INTERVAL_MILLISECONDS);
        try {
          refresh(folder, true);
          problems.remove(folder.toString());
        } catch (IOException e) {
          // The folder may come back. Until then, the loaded models are served.
          problems.put(folder.toString(), String.valueOf(e.getMessage()));
        }
      }
    } catch (InterruptedException | CancellationException e) {
      // The server closes, perhaps while a model was being measured.
      Thread.currentThread().interrupt();
    }
  }

  private void refresh(Path from, boolean measured) throws IOException {
    Map<Path, Stamp> now = stamps(from);
    for (Map.Entry<Path, Stamp> entry : now.entrySet()) {
      Path file = entry.getKey();
      boolean isStable = entry.getValue().equals(seen.get(file));
      if (isStable && !entry.getValue().equals(loaded.get(file))) {
        loaded.put(file, entry.getValue());
        load(file, measured);
      }
    }
    for (Path file : new ArrayList<>(loaded.keySet())) {
      if (!now.containsKey(file)) {
        loaded.remove(file);
        problems.remove(name(file));
        ServedModel model = models.remove(name(file));
        if (model != null) {
          model.retire();
        }
      }
    }
    seen = now;
  }

  private static Map<Path, Stamp> stamps(Path folder) throws IOException {
    Map<Path, Stamp> stamps = new HashMap<>();
    List<Path> files;
    try (Stream<Path> listed = Files.list(folder)) {
      files = listed.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
    for (Path file : files) {
      try {
        Path labels = labelFile(file);
        stamps.put(
            file,
            new Stamp(
                Files.size(file),
                Files.getLastModifiedTime(file).toMillis(),
                labels == null ? 0 : Files.getLastModifiedTime(labels).toMillis()));
      } catch (NoSuchFileException e) {
        // The file was removed after it was listed.
      }
    }
    return stamps;
  }

  /**
   * Returns {@code NAME.txt}, or else {@code labels.txt}, which is for all models of the folder;
   * null if neither exists.
   */
  private static @Nullable Path labelFile(Path model) {
    for (String name : List.of(name(model) + ".txt", SHARED_LABELS)) {
      Path file = model.resolveSibling(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  /** Returns a file's name with other characters than {@code A-Za-z0-9._-} replaced by "_". */
  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.length() - SUFFIX.length()).replaceAll("[^A-Za-z0-9._-]", "_");
  }

  private void load(Path file, boolean measured) {
    String name = name(file);
    try {
      Path labelFile = labelFile(file);
      List<String> labels = labelFile == null ? null : Labels.read(labelFile);
      byte[] bytes = Files.readAllBytes(file);
      var model = new ServedModel(name, bytes, labels, false, options);
      if (!model.isClassifier() && labelFile != null && labelFile.endsWith(SHARED_LABELS)) {
        // The shared labels are for other models: their number is not that of the outputs.
        model.retire();
        model = new ServedModel(name, bytes, null, false, options);
      }
      ServedModel previous = models.put(name, model);
      problems.remove(name);
      if (previous != null) {
        previous.retire();
      }
      if (measured) {
        model.measure();
      }
    } catch (IOException | ModelException | IllegalArgumentException | OutOfMemoryError e) {
      problems.put(name, String.valueOf(e.getMessage()));
      System.err.println("whittle: " + file + ": " + e.getMessage());
    }
  }

  @Override
  public void close() {
    watcher.interrupt();
    models.values().forEach(ServedModel::retire);
  }
}
