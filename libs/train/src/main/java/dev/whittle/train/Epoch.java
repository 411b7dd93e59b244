package dev.whittle.train;

/**
 * The result of an epoch, which is one pass over the training data.
 *
 * @param number the number of the epoch, from 1
 * @param loss the mean loss of its steps, in training mode
 * @param validationLoss the mean loss on the validation data, in inference mode; NaN without such
 *     data
 * @param accuracy the share of the validation data that is classified correctly, from 0 to 1; NaN
 *     without such data or if the loss takes no classes
 * @param seconds the duration, including validation
 */
public record Epoch(
    int number, double loss, double validationLoss, double accuracy, double seconds) {}
