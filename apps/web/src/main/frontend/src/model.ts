/** The server's descriptions of models, and results. */

export interface ModelInput {
  height: number;
  width: number;
  channels: number;
  dims: number[];
  type: 'FLOAT32' | 'UINT8' | 'INT8';
  quantization: [scale: number, zeroPoint: number] | null;
  mean: [number, number, number];
  deviation: [number, number, number];
  blueFirst: boolean;
  raw: boolean;
  normalization: string;
  assumed: boolean;
  outputs: number;
  outputType: 'FLOAT32' | 'UINT8' | 'INT8';
  outputQuantization: [scale: number, zeroPoint: number] | null;
  probabilities: boolean;
}

export interface Model {
  name: string;
  title: string;
  version: string;
  bytes: number;
  builtIn: boolean;
  kind: string;
  milliseconds: number | null;
  /** The reason that the model is no image classifier for; null if it is one. */
  reason: string | null;
  input: ModelInput | null;
}

export interface Category {
  index: number;
  label: string;
  score: number;
}

export interface Result {
  categories: Category[];
  /** The duration of the inference alone. */
  milliseconds: number;
}

export type Place = 'server' | 'device';
