package dev.whittle.optimize.quantize;

import dev.whittle.ir.Model;

/** A quantized model and what was done to it. */
public record QuantizationResult(Model model, QuantizationReport report) {}
