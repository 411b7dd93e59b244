package dev.whittle.evaluate.doctor;

/**
 * How far a tensor of the quantized model is from the float model's.
 *
 * @param operator that computes it in the float model
 * @param signalToNoise in decibels, of the whole tensor over all samples
 * @param channelSignalToNoise the same for each channel of the last axis, averaged: where one
 *     channel is much larger than the others, they may be lost although the whole looks well
 * @param cosine of the angle between both
 * @param rangeUse the share of the type's integers between the least and the greatest that occur; 1
 *     for floats
 * @param saturation the share of elements that are the type's least or greatest integer
 */
public record TensorReport(
    String name,
    String operator,
    String type,
    double signalToNoise,
    double channelSignalToNoise,
    double cosine,
    double rangeUse,
    double saturation) {}
