package dev.whittle.train;

import java.io.Console;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar for each epoch on the standard error, with the mean loss so far. */
public final class TrainingProgress implements Callback {
  private static final int INTERVAL_MILLISECONDS = 200;

  private final String task;
  private @Nullable ProgressBar bar;
  private double losses;

  /**
   * Returns a progress bar if the program runs on a terminal, otherwise a callback that does
   * nothing.
   */
  public static Callback onTerminal(String task) {
    boolean terminal = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    return terminal ? new TrainingProgress(task) : new Callback() {};
  }

  /**
   * Creates a progress bar.
   *
   * @param task the name of the training in the bar
   */
  public TrainingProgress(String task) {
    this.task = task;
  }

  @Override
  public void afterStep(int epoch, long step, long steps, float loss) {
    ProgressBar current = bar;
    if (current == null) {
      losses = 0;
      current =
          new ProgressBarBuilder()
              .setTaskName("%s, epoch %d".formatted(task, epoch))
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(INTERVAL_MILLISECONDS)
              .build();
      bar = current;
    }
    losses += loss;
    current.stepTo(step);
    current.setExtraMessage(String.format(Locale.ROOT, " loss %.4f", losses / step));
  }

  @Override
  public boolean afterEpoch(Epoch epoch, State state) {
    close();
    return true;
  }

  @Override
  public void afterTraining(State state) {
    close();
  }

  private void close() {
    ProgressBar current = bar;
    if (current != null) {
      current.close();
      bar = null;
    }
  }
}
