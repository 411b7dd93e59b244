package dev.whittle.evaluate.doctor;

import dev.whittle.evaluate.Charts;
import dev.whittle.evaluate.HtmlPage;
import dev.whittle.evaluate.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Formats a diagnosis as text and HTML. */
public final class DiagnosisReport {
  private static final int SHOWN_TENSORS = 10;

  private DiagnosisReport() {}

  /** Returns the loss, the worst tensors, the gain of each suspect, and the proposed recipe. */
  public static String text(Diagnosis diagnosis) {
    List<List<String>> tensors = new ArrayList<>();
    tensors.add(TENSOR_HEADER);
    diagnosis.tensors().stream()
        .sorted(Comparator.comparingDouble(TensorReport::channelSignalToNoise))
        .limit(SHOWN_TENSORS)
        .forEach(t -> tensors.add(row(t)));
    List<List<String>> layers = new ArrayList<>();
    layers.add(LAYER_HEADER);
    diagnosis.layers().forEach(l -> layers.add(row(l)));
    return """
    %s

    tensors with the lowest signal-to-noise ratio:
    %s

    gain if a layer and the operators that read it compute in floats:
    %s

    %s
    """
        .formatted(
            loss(diagnosis), TextTable.of(tensors), TextTable.of(layers), proposal(diagnosis))
        .stripTrailing();
  }

  private static String loss(Diagnosis diagnosis) {
    return "%s: %.2f points lost; relative error of the output %.3g"
        .formatted(
            measure(diagnosis.measure()),
            diagnosis.loss(),
            diagnosis.quantizedMetrics().relativeError());
  }

  private static String measure(AccuracyLoss.Measure measure) {
    return switch (measure) {
      case ACCURACY -> "accuracy on labeled samples";
      case AGREEMENT -> "agreement with the float model";
      case ERROR -> "error of the output";
    };
  }

  private static String proposal(Diagnosis diagnosis) {
    return "proposed recipe: %d entries, %.2f points lost, %,d bytes"
        .formatted(
            diagnosis.recipe().entries().size(), diagnosis.treatedLoss(), diagnosis.treatedBytes());
  }

  private static final List<String> TENSOR_HEADER =
      List.of(
          "tensor",
          "operator",
          "type",
          "SNR dB",
          "per channel dB",
          "cosine",
          "range use %",
          "saturated %");

  private static final List<String> LAYER_HEADER =
      List.of("layer", "operator", "gain in points", "gain in output error");

  private static List<String> row(TensorReport t) {
    return List.of(
        t.name(),
        t.operator(),
        t.type(),
        format("%.1f", t.signalToNoise()),
        format("%.1f", t.channelSignalToNoise()),
        format("%.5f", t.cosine()),
        format("%.1f", 100 * t.rangeUse()),
        format("%.2f", 100 * t.saturation()));
  }

  private static List<String> row(Diagnosis.LayerCost l) {
    return List.of(l.name(), l.operator(), format("%.2f", l.gain()), format("%.4g", l.errorGain()));
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }

  /** Returns a self-contained page with all tensors and a chart of their signal-to-noise ratios. */
  public static String html(Diagnosis diagnosis) {
    var page = new HtmlPage("Accuracy doctor");
    page.paragraph(loss(diagnosis));
    page.paragraph(proposal(diagnosis));
    page.heading("Layers that cost accuracy");
    page.table(LAYER_HEADER, diagnosis.layers().stream().map(DiagnosisReport::row).toList());
    page.heading("Signal-to-noise ratio per channel, in execution order");
    if (!diagnosis.tensors().isEmpty()) {
      page.chart(
          Charts.bars(
              "decibels",
              diagnosis.tensors().stream().map(TensorReport::name).toList(),
              diagnosis.tensors().stream().map(TensorReport::channelSignalToNoise).toList()));
    }
    page.heading("All tensors");
    page.table(TENSOR_HEADER, diagnosis.tensors().stream().map(DiagnosisReport::row).toList());
    return page.toString();
  }
}
