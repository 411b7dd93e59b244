/** Models in the browser itself: LiteRT, compiled to WebAssembly. */
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

/**
 * How the browser's form of a model takes pictures: where the model takes or gives signed bytes, that
 * form has floats.
 */
function browserInput(input: ModelInput): ModelInput {
  return {
    ...input,
    type: input.type === 'INT8' ? 'FLOAT32' : input.type,
    outputType: input.outputType === 'INT8' ? 'FLOAT32' : input.outputType,
  };
}

async function load(model: Model): Promise<Loaded> {
  const known = loaded.get(model.name);
  if (known?.version === model.version) {
    return known;
  }
  runtime ??= loadLiteRt('/wasm/').catch((problem: unknown) => {
    runtime = undefined;
    throw problem;
  });
  await runtime;
  const [bytes, labels] = await Promise.all([server.file(model), server.labels(model)]);
  const compiled = await loadAndCompile(bytes, { accelerator: 'wasm' });
  await warmUp(compiled, browserInput(model.input!));
  known?.compiled.delete();
  const fresh = { version: model.version, compiled, labels };
  loaded.set(model.name, fresh);
  return fresh;
}

/** The first invocation is slower than all others: it is not the one that users wait for. */
async function warmUp(compiled: CompiledModel, input: ModelInput): Promise<void> {
  const size = input.dims.reduce((a, b) => a * b, 1);
  const given = new Tensor(input.type === 'UINT8' ? new Uint8Array(size) : new Float32Array(size), input.dims);
  const outputs = await compiled.run(given);
  given.delete();
  outputs.forEach((output) => output.delete());
}

/** Loads a model before it is wanted, so that it is there when the network is not. */
export async function prepare(model: Model): Promise<void> {
  if (model.input) {
    await load(model);
  }
}

export async function classify(model: Model, pixels: ImageData, top: number): Promise<Result> {
  const input = browserInput(model.input!);
  const { compiled, labels } = await load(model);
  const data = tensor(input, pixels);
  const given = new Tensor(data as TypedArray, input.dims);
  const begin = performance.now();
  const outputs = await compiled.run(given);
  const milliseconds = performance.now() - begin;
  try {
    const all = scores(input, (await outputs[0]!.data()) as ArrayLike<number>);
    return { categories: best(all, labels, top), milliseconds };
  } finally {
    given.delete();
    outputs.forEach((output) => output.delete());
  }
}

function best(all: number[], labels: string[], top: number): Category[] {
  return all
    .map((score, index) => ({ index, label: labels[index] ?? String(index), score }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, top);
}
