package dev.whittle.vision;

/**
 * One answer of a classifier.
 *
 * @param index of the model's output
 * @param score from 0 to 1
 */
public record Category(int index, String label, float score) {}
