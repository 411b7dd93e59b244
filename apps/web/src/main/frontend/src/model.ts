/** What the server says of models. */

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
  /** Why it does not classify pictures. */
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
  /** Of the model alone. */
  milliseconds: number;
}

export type Place = 'server' | 'device';
