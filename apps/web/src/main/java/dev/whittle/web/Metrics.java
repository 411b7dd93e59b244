package dev.whittle.web;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** The metrics of a server, for Prometheus. */
final class Metrics {
  private static final double SECONDS = 1e-9;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests;
  private final Histogram seconds;
  private final Histogram invocations;

  Metrics(ModelRepository models, RequestLimiter limiter) {
    requests =
        Counter.builder()
            .name("whittle_requests_total")
            .help("Responses, by endpoint and status.")
            .labelNames("endpoint", "status")
            .register(registry);
    seconds =
        Histogram.builder()
            .name("whittle_request_seconds")
            .help("Time from the arrival of a request to its response.")
            .labelNames("endpoint")
            .classicOnly()
            .register(registry);
    invocations =
        Histogram.builder()
            .name("whittle_invocation_seconds")
            .help("Time of a model for one image.")
            .labelNames("model")
            .classicOnly()
            .register(registry);
    GaugeWithCallback.builder()
        .name("whittle_requests_waiting")
        .help("Requests waiting in the queue.")
        .callback(gauge -> gauge.call(limiter.waiting()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("whittle_models")
        .help("Models served.")
        .callback(gauge -> gauge.call(models.all().size()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("whittle_models_failed")
        .help("Model files that could not be loaded.")
        .callback(gauge -> gauge.call(models.problems().size()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("whittle_heap_bytes")
        .help("Java heap in use.")
        .callback(
            gauge ->
                gauge.call(
                    (double) Runtime.getRuntime().totalMemory()
                        - Runtime.getRuntime().freeMemory()))
        .register(registry);
  }

  void recordResponse(String endpoint, int status, long nanoseconds) {
    requests.labelValues(endpoint, Integer.toString(status)).inc();
    seconds.labelValues(endpoint).observe(nanoseconds * SECONDS);
  }

  void recordInvocation(String model, double milliseconds) {
    invocations.labelValues(model).observe(milliseconds / 1e3);
  }

  /** Returns all metrics in Prometheus' text format. */
  Response expose() throws IOException {
    var out = new ByteArrayOutputStream();
    var writer = PrometheusTextFormatWriter.builder().build();
    writer.write(out, registry.scrape());
    return new Response(200, writer.getContentType(), out.toByteArray());
  }
}
