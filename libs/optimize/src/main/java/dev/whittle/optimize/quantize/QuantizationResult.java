package dev.whittle.optimize.quantize;

import dev.whittle.ir.Model;

/**
 * The result of a quantization.
 *
 * @param model the quantized model
 * @param report the modes of its operators and warnings
 */
public record QuantizationResult(Model model, QuantizationReport report) {}
