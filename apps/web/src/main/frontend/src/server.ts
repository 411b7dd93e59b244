/** The client of the server's HTTP interface. */
import type { Model, Result } from './model';

const KEY = 'whittle-api-key';

export class ServerError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Sends a request; prompts for the API key if the server requires one. */
async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(KEY);
  if (key) {
    headers.set('Authorization', `Bearer ${key}`);
  }
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch {
    throw new ServerError('The server does not answer.', 0);
  }
  if (response.status === 401) {
    const entered = prompt('This server asks for a key:');
    if (entered) {
      sessionStorage.setItem(KEY, entered);
      return send(path, init);
    }
  }
  if (!response.ok) {
    let message = response.statusText;
    try {
      message = ((await response.json()) as { error: string }).error;
    } catch {
      // A proxy's response is not JSON.
    }
    if (response.status === 429 || response.status === 503) {
      message = `The server is busy: ${message}. Try again in a moment.`;
    }
    throw new ServerError(message, response.status);
  }
  return response;
}

export async function models(): Promise<{ models: Model[]; problems: Record<string, string> }> {
  return (await send('/api/models')).json();
}

export async function labels(model: Model): Promise<string[]> {
  const response = await send(`/api/models/${model.name}/labels?version=${model.version}`);
  return ((await response.json()) as { labels: string[] }).labels;
}

export async function file(model: Model): Promise<Uint8Array> {
  const response = await send(`/models/${model.name}.tflite?for=browser&version=${model.version}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Classifies a square, which is a PNG file. */
export async function classify(model: Model, square: Blob, top: number): Promise<Result> {
  const response = await send(`/api/models/${model.name}/classify?top=${top}`, {
    method: 'POST',
    body: square,
  });
  const { results, milliseconds } = (await response.json()) as {
    results: Result['categories'];
    milliseconds: number;
  };
  return { categories: results, milliseconds };
}
