package dev.whittle.train;

/**
 * What one pass over the training data came to.
 *
 * @param number from 1
 * @param loss the mean loss of its steps, with whatever training adds, such as dropout
 * @param validationLoss on the validation data, as in inference; NaN without such data
 * @param accuracy the share of the validation data that is classified right, 0 to 1; NaN without
 *     such data or classes
 */
public record Epoch(
    int number, double loss, double validationLoss, double accuracy, double seconds) {}
