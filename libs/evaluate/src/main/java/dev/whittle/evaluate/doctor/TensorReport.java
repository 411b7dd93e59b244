package dev.whittle.evaluate.doctor;

/**
 * The difference between a tensor of the quantized model and that of the float model.
 *
 * @param name the name of the tensor
 * @param operator the operator that computes it in the float model
 * @param type the type of the quantized tensor
 * @param signalToNoise the signal-to-noise ratio of the tensor over all samples, in decibels
 * @param channelSignalToNoise the mean of the signal-to-noise ratios of the channels of the last
 *     axis, in decibels. It reveals channels that are lost beside a much larger one.
 * @param cosine the cosine similarity
 * @param rangeUse the share of the type's integers between the minimum and the maximum that occur,
 *     from 0 to 1; 1 for floats
 * @param saturation the share of the elements that are the minimum or maximum of the type, from 0
 *     to 1
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
