/**
 * Conversion of pixels to a model's input. The steps are those of the server's classes Resizer and
 * ImageInput, in the same order and in double precision, so that both compute the same numbers.
 */
import type { ModelInput } from './model';

interface Taps {
  first: number;
  weights: number[];
}

/** Source positions and weights of each target position: a mean if the image shrinks, else bilinear. */
function taps(size: number, count: number): Taps[] {
  const scale = size / count;
  return Array.from({ length: count }, (_, i) =>
    scale > 1 ? mean(size, i * scale, (i + 1) * scale) : interpolated(size, (i + 0.5) * scale - 0.5),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function mean(size: number, from: number, to: number): Taps {
  const first = clamp(Math.floor(from), 0, size - 1);
  const end = clamp(Math.ceil(to), first + 1, size);
  const weights = Array.from({ length: end - first }, (_, i) => {
    const left = Math.max(from, first + i);
    const right = Math.min(to, first + i + 1);
    return (right - left) / (to - from);
  });
  return { first, weights };
}

function interpolated(size: number, center: number): Taps {
  const clamped = clamp(center, 0, size - 1);
  const first = Math.floor(clamped);
  const fraction = clamped - first;
  return fraction === 0 ? { first, weights: [1] } : { first, weights: [1 - fraction, fraction] };
}

/** Scales an image; returns levels of red, green and blue from 0 to 255, [height, width, 3]. */
export function resize(pixels: ImageData, width: number, height: number): Float64Array {
  const columns = taps(pixels.width, width);
  const rows = taps(pixels.height, height);
  const line = width * 3;
  const narrow = new Float64Array(pixels.height * line);
  for (let y = 0; y < pixels.height; y++) {
    for (let x = 0; x < width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      const { first, weights } = columns[x]!;
      for (let i = 0; i < weights.length; i++) {
        const at = (y * pixels.width + first + i) * 4;
        red += weights[i]! * pixels.data[at]!;
        green += weights[i]! * pixels.data[at + 1]!;
        blue += weights[i]! * pixels.data[at + 2]!;
      }
      const to = y * line + x * 3;
      narrow[to] = red;
      narrow[to + 1] = green;
      narrow[to + 2] = blue;
    }
  }
  const scaled = new Float64Array(height * line);
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y]!;
    for (let i = 0; i < line; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * narrow[(first + k) * line + i]!;
      }
      scaled[y * line + i] = sum;
    }
  }
  return scaled;
}

/** Rounds to the nearest integer, halves away from zero. */
function round(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

function element(input: ModelInput, level: number, color: number): number {
  if (input.raw) {
    return clamp(round(level), 0, 255);
  }
  // The server computes with means and deviations in single precision.
  const normal = (level - Math.fround(input.mean[color]!)) / Math.fround(input.deviation[color]!);
  if (input.type === 'FLOAT32') {
    return normal;
  }
  const signed = input.type === 'INT8';
  if (!input.quantization) {
    const offset = signed ? 128 : 0;
    return clamp(round(normal) - offset, -offset, 255 - offset);
  }
  const [scale, zeroPoint] = input.quantization;
  const quantized = round(normal / Math.fround(scale)) + zeroPoint;
  return signed ? clamp(quantized, -128, 127) : clamp(quantized, 0, 255);
}

/** Returns a model's input tensor for a square of pixels. */
export function tensor(input: ModelInput, pixels: ImageData): Float32Array | Uint8Array | Int8Array {
  const levels = resize(pixels, input.width, input.height);
  const size = input.width * input.height * input.channels;
  const data =
    input.type === 'FLOAT32'
      ? new Float32Array(size)
      : input.type === 'INT8'
        ? new Int8Array(size)
        : new Uint8Array(size);
  let to = 0;
  for (let from = 0; from < levels.length; from += 3) {
    if (input.channels === 1) {
      const gray = 0.299 * levels[from]! + 0.587 * levels[from + 1]! + 0.114 * levels[from + 2]!;
      data[to++] = element(input, gray, 0);
    } else {
      for (let c = 0; c < 3; c++) {
        const color = input.blueFirst ? 2 - c : c;
        data[to++] = element(input, levels[from + color]!, color);
      }
    }
  }
  return data;
}

/** Returns the scores, from 0 to 1, of a model's outputs. */
export function scores(input: ModelInput, outputs: ArrayLike<number>): number[] {
  let values = Array.from(outputs);
  if (input.outputType !== 'FLOAT32') {
    const zero = input.outputType === 'INT8' ? -128 : 0;
    const [scale, zeroPoint] = input.outputQuantization ?? [1 / 255, zero];
    values = values.map((value) => Math.fround(Math.fround(scale) * (value - zeroPoint)));
  }
  if (input.probabilities) {
    return values;
  }
  const max = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((exponential) => Math.fround(exponential / sum));
}
