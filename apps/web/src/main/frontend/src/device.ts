/** Inference in the browser, by LiteRT compiled to WebAssembly. */
import { type CompiledModel, loadAndCompile, loadLiteRt, Tensor, type TypedArray } from '@litertjs/core';
import type { Category, Model, ModelInput, Result } from './model';
import { scores, tensor } from './image';
import * as server from './server';

interface Loaded {
  version: string;
  compiled: CompiledModel;
  labels: string[];
}

let runtime: Promise<unknown> | undefined;
const loaded = new Map<string, Loaded>();

/** Returns the input of a model's file for browsers, which has FLOAT32 for INT8 (see BrowserModel). */
function browserInput(input: ModelInput): ModelInput {
  return {
    ...input,
    type: input.type === 'INT8' ? 'FLOAT32' : input.type,
    outputType: input.outputType === 'INT8' ? 'FLOAT32' : input.outputType,
  };
}

async function load(model: Model): Promise<Loaded> {
  const previous = loaded.get(model.name);
  if (previous?.version === model.version) {
    return previous;
  }
  runtime ??= loadLiteRt('/wasm/').catch((problem: unknown) => {
    runtime = undefined;
    throw problem;
  });
  await runtime;
  const [bytes, labels] = await Promise.all([server.file(model), server.labels(model)]);
  const compiled = await loadAndCompile(bytes, { accelerator: 'wasm' });
  await warmUp(compiled, browserInput(model.input!));
  previous?.compiled.delete();
  const current = { version: model.version, compiled, labels };
  loaded.set(model.name, current);
  return current;
}

/** Runs a model once, because the first inference is slower than later ones. */
async function warmUp(compiled: CompiledModel, input: ModelInput): Promise<void> {
  const size = input.dims.reduce((a, b) => a * b, 1);
  const zeros = new Tensor(input.type === 'UINT8' ? new Uint8Array(size) : new Float32Array(size), input.dims);
  const outputs = await compiled.run(zeros);
  zeros.delete();
  outputs.forEach((output) => output.delete());
}

/** Loads a model ahead of its first use, so that it is also cached for use offline. */
export async function prepare(model: Model): Promise<void> {
  if (model.input) {
    await load(model);
  }
}

export async function classify(model: Model, pixels: ImageData, top: number): Promise<Result> {
  const input = browserInput(model.input!);
  const { compiled, labels } = await load(model);
  const data = tensor(input, pixels);
  const inputTensor = new Tensor(data as TypedArray, input.dims);
  const begin = performance.now();
  const outputs = await compiled.run(inputTensor);
  const milliseconds = performance.now() - begin;
  try {
    const all = scores(input, (await outputs[0]!.data()) as ArrayLike<number>);
    return { categories: best(all, labels, top), milliseconds };
  } finally {
    inputTensor.delete();
    outputs.forEach((output) => output.delete());
  }
}

function best(all: number[], labels: string[], top: number): Category[] {
  return all
    .map((score, index) => ({ index, label: labels[index] ?? String(index), score }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, top);
}
