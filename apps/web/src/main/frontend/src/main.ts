/** The page: selection of images and classifiers, and display of the results. */
import * as device from './device';
import { Camera, decode, ImageError } from './load';
import type { Model, Place, Result } from './model';
import * as server from './server';
import { Stage } from './stage';

const TOP = 3;
const MAX_HISTORY = 24;
const REFRESH_MILLISECONDS = 5000;
const SAMPLES = [
  ['cat.jpg', 'Cat'],
  ['grace_hopper.jpg', 'Grace Hopper'],
  ['sunflower.jpg', 'Sunflower'],
  ['seven.png', 'Handwritten seven'],
  ['two.png', 'Handwritten two'],
] as const;

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = '',
  className = '',
): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  created.textContent = text;
  created.className = className;
  return created;
}

interface Outcome {
  model: Model;
  place: Place;
  result: Result;
}

let models: Model[] = [];
let shown = '';
let chosen = '';
let busy = false;

const stage = new Stage(element<HTMLCanvasElement>('view'), update);
const camera = new Camera(element<HTMLVideoElement>('live'));
const zoom = element<HTMLInputElement>('zoom');
const other = element<HTMLSelectElement>('other');
const button = element<HTMLButtonElement>('classify');

// Selection.

function place(): Place {
  const checked = document.querySelector<HTMLInputElement>('input[name=place]:checked');
  return checked?.value === 'device' ? 'device' : 'server';
}

function find(name: string): Model | undefined {
  return models.find((model) => model.name === name);
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function time(milliseconds: number): string {
  return milliseconds < 1
    ? `${(milliseconds * 1000).toFixed(0)} µs`
    : `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

const KINDS: Record<string, string> = { float32: 'float', float16: '16-bit float', int8: '8 bits', uint8: '8 bits' };

function facts(model: Model): string {
  // Titles come from metadata, which several files may share; file names tell them apart.
  const parts = model.builtIn || model.title === model.name ? [] : [model.name];
  parts.push(size(model.bytes), KINDS[model.kind] ?? model.kind);
  if (model.milliseconds !== null) {
    parts.push(`${time(model.milliseconds)} on the server`);
  }
  return parts.join(' · ');
}

function update(): void {
  const model = find(chosen);
  const assumed = model?.input?.assumed
    ? `${model.title} does not say how it takes pixels; −1 to 1 is assumed.`
    : '';
  const hint =
    place() === 'device'
      ? 'The image never leaves this device.'
      : 'The square goes to this server, which keeps nothing.';
  element('hint').textContent = assumed || hint;
  button.disabled = busy || !stage.filled || !model?.input;
  button.textContent = busy ? 'Classifying …' : 'Classify Image';
  element('empty').hidden = stage.filled || !element('live').hidden;
  const fixed = !stage.filled || stage.drawing || !element('live').hidden;
  for (const id of ['zoom', 'zoom-in', 'zoom-out', 'turn']) {
    element<HTMLButtonElement | HTMLInputElement>(id).disabled = fixed;
  }
  zoom.value = stage.filled ? String(stage.zoomLevel) : '0';
}

function complain(problem: unknown): void {
  const box = element('problem');
  box.textContent = problem instanceof Error ? problem.message : String(problem);
  box.hidden = false;
}

function clearProblem(): void {
  element('problem').hidden = true;
}

// Classifiers.

function showModels(): void {
  const cards = element('cards');
  const focused = document.activeElement instanceof HTMLInputElement && cards.contains(document.activeElement);
  cards.replaceChildren(
    ...models.map((model) => {
      const card = make('label', '', 'card');
      const radio = make('input');
      radio.type = 'radio';
      radio.name = 'model';
      radio.value = model.name;
      radio.checked = model.name === chosen;
      radio.disabled = !model.input;
      radio.addEventListener('change', () => {
        chosen = model.name;
        prepare();
      });
      card.append(radio, make('strong', model.title), make('small', model.reason ?? facts(model)));
      return card;
    }),
  );
  cards.querySelector('input:checked')?.closest('.card')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (focused) {
    cards.querySelector<HTMLInputElement>('input:checked')?.focus();
  }
  const before = other.value;
  other.replaceChildren(new Option('nothing', ''));
  for (const model of models.filter((m) => m.input)) {
    const same = models.some((m) => m !== model && m.title === model.title);
    other.add(new Option(same ? `${model.title} (${model.name})` : model.title, model.name));
  }
  other.value = find(before)?.input ? before : '';
}

async function refresh(): Promise<void> {
  let list;
  try {
    list = await server.models();
  } catch (problem) {
    if (models.length === 0) {
      complain(problem);
    }
    return;
  }
  const text = JSON.stringify(list.models);
  if (text === shown) {
    return;
  }
  shown = text;
  // The user's own models come before the built-in ones.
  models = list.models.sort((a, b) => Number(a.builtIn) - Number(b.builtIn));
  if (!find(chosen)?.input) {
    chosen = (models.find((m) => m.input && !m.builtIn) ?? models.find((m) => m.input))?.name ?? '';
  }
  showModels();
  update();
}

// Images.

async function use(file: Blob, name: string): Promise<void> {
  clearProblem();
  try {
    leaveModes();
    stage.show(await decode(file, name), name);
  } catch (problem) {
    complain(problem);
  }
}

function leaveModes(): void {
  camera.stop();
  element('shutter-row').hidden = true;
  element('pad-row').hidden = true;
  if (stage.drawing) {
    stage.stopDrawing();
  }
}

async function startCamera(): Promise<void> {
  clearProblem();
  if (!Camera.available) {
    element<HTMLInputElement>('capture').click();
    return;
  }
  leaveModes();
  try {
    await camera.start();
    element('shutter-row').hidden = false;
    element('shutter').focus();
  } catch {
    camera.stop();
    complain('The camera cannot be used. Choose a file instead, or allow the camera for this page.');
  }
  update();
}

for (const id of ['file', 'capture']) {
  const input = element<HTMLInputElement>(id);
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) {
      void use(file, file.name);
    }
    input.value = '';
  });
}
element('choose').addEventListener('click', () => element<HTMLInputElement>('file').click());
element('camera').addEventListener('click', () => void startCamera());
element('camera-off').addEventListener('click', () => {
  leaveModes();
  update();
});
element('shutter').addEventListener('click', () => {
  void camera.take().then((photo) => {
    leaveModes();
    stage.show(photo, 'A photo');
  }, complain);
});
element('draw').addEventListener('click', () => {
  clearProblem();
  leaveModes();
  stage.startDrawing();
  element('pad-row').hidden = false;
});
element('pad-clear').addEventListener('click', () => stage.clearPad());
element('pad-off').addEventListener('click', () => {
  leaveModes();
  update();
});
element('turn').addEventListener('click', () => stage.turn());
element('zoom-in').addEventListener('click', () => (stage.zoomLevel += 8));
element('zoom-out').addEventListener('click', () => (stage.zoomLevel -= 8));
zoom.addEventListener('input', () => (stage.zoomLevel = Number(zoom.value)));

const dropping = element('dropping');
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  dropping.hidden = false;
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    dropping.hidden = true;
  }
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  dropping.hidden = true;
  const file = event.dataTransfer?.files[0];
  if (file) {
    void use(file, file.name);
  } else {
    complain('Drop an image file: links to other sites are not followed.');
  }
});
document.addEventListener('paste', (event) => {
  const file = event.clipboardData?.files[0];
  if (file) {
    event.preventDefault();
    void use(file, file.name || 'The pasted image');
  }
});

element('samples').append(
  ...SAMPLES.map(([file, name]) => {
    const sample = make('button');
    sample.setAttribute('aria-label', `Sample: ${name}`);
    sample.title = name;
    const image = make('img');
    image.src = `/samples/${file}`;
    image.alt = '';
    image.loading = 'lazy';
    sample.append(image);
    sample.addEventListener('click', () => {
      fetch(image.src)
        .then((response) => response.blob())
        .then((blob) => use(blob, name), complain);
    });
    return sample;
  }),
);

// Results.

async function run(model: Model, where: Place, square: { pixels: ImageData; file: Blob }): Promise<Outcome> {
  const result =
    where === 'device'
      ? await device.classify(model, square.pixels, TOP)
      : await server.classify(model, square.file, TOP);
  return { model, place: where, result };
}

async function classify(): Promise<void> {
  const model = find(chosen);
  if (!model?.input || !stage.filled || busy) {
    return;
  }
  clearProblem();
  busy = true;
  update();
  try {
    const where = place();
    const square = await stage.square();
    const outcomes = [await run(model, where, square)];
    const second = find(other.value);
    if (second?.input && second !== model) {
      outcomes.push(await run(second, where, square));
    }
    show(outcomes);
    remember(outcomes, square.pixels);
  } catch (problem) {
    const known = problem instanceof server.ServerError || problem instanceof ImageError;
    complain(known ? problem : `This device cannot run it: ${problem instanceof Error ? problem.message : problem}`);
  } finally {
    busy = false;
    update();
  }
}

function show(outcomes: Outcome[]): void {
  const results = element('results');
  results.replaceChildren(
    ...outcomes.map(({ model, place: where, result }, n) => {
      const box = make('article', '', n === 1 ? 'result second' : 'result');
      const list = make('ol');
      for (const category of result.categories) {
        const item = make('li');
        const line = make('div');
        const percent = `${(100 * category.score).toFixed(1)} %`;
        line.append(make('b', category.label), make('span', percent));
        const bar = make('div', '', 'bar');
        bar.setAttribute('aria-hidden', 'true');
        const inner = make('i');
        inner.style.width = `${100 * category.score}%`;
        bar.append(inner);
        item.append(line, bar);
        list.append(item);
      }
      const spent = `${size(model.bytes)} · ${time(result.milliseconds)} on ${where === 'device' ? 'this device' : 'the server'}`;
      box.append(make('h3', model.title), make('p', spent, 'facts'), list);
      return box;
    }),
  );
  if (outcomes.length === 2) {
    results.append(verdict(outcomes[0]!, outcomes[1]!));
  }
  results.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
}

/** Returns the summary of a comparison. */
function verdict(a: Outcome, b: Outcome): HTMLElement {
  const same = a.result.categories[0]?.label === b.result.categories[0]?.label;
  const [small, large] = a.model.bytes <= b.model.bytes ? [a, b] : [b, a];
  const [fast, slow] = a.result.milliseconds <= b.result.milliseconds ? [a, b] : [b, a];
  const box = make('p', '', 'verdict');
  box.append(
    make('strong', same ? 'Both say the same. ' : 'They disagree. '),
    `${small.model.title} is ${(large.model.bytes / small.model.bytes).toFixed(1)} times smaller; ` +
      `${fast.model.title} was ${(slow.result.milliseconds / Math.max(fast.result.milliseconds, 1e-6)).toFixed(1)} times faster this time.`,
  );
  return box;
}

function remember(outcomes: Outcome[], pixels: ImageData): void {
  const full = make('canvas');
  full.width = full.height = pixels.width;
  full.getContext('2d')!.putImageData(pixels, 0, 0);
  const thumbnail = make('canvas');
  thumbnail.width = thumbnail.height = 128;
  thumbnail.getContext('2d')!.drawImage(full, 0, 0, 128, 128);
  const entry = make('li');
  const again = make('button');
  const image = make('img');
  image.src = thumbnail.toDataURL('image/jpeg', 0.85);
  image.alt = 'Show again:';
  const best = outcomes[0]!.result.categories[0];
  const name = best ? best.label : 'nothing';
  again.append(image, make('b', name), make('b', best ? `${(100 * best.score).toFixed(0)} %` : ''));
  again.addEventListener('click', () => {
    leaveModes();
    stage.show(full, name);
    show(outcomes);
  });
  entry.append(again);
  const list = element('history');
  list.prepend(entry);
  while (list.children.length > MAX_HISTORY) {
    list.lastElementChild?.remove();
  }
  element('past').hidden = false;
}

button.addEventListener('click', () => void classify());
other.addEventListener('change', prepare);
document.querySelectorAll('input[name=place]').forEach((radio) => radio.addEventListener('change', prepare));

/** Loads the selected models if they are to run on this device. */
function prepare(): void {
  update();
  if (place() === 'device') {
    for (const model of [find(chosen), find(other.value)]) {
      if (model) {
        // Errors are reported when the model is used.
        device.prepare(model).catch(() => undefined);
      }
    }
  }
}

// The network, and installing.

function showNetwork(): void {
  element('network').hidden = navigator.onLine;
}
addEventListener('online', showNetwork);
addEventListener('offline', showNetwork);
showNetwork();

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  const install = element('install');
  install.hidden = false;
  install.onclick = () => {
    void (event as InstallPrompt).prompt();
    install.hidden = true;
  };
});
if ('serviceWorker' in navigator) {
  // The list of models is loaded again, so that the worker caches it.
  navigator.serviceWorker.addEventListener('controllerchange', () => void refresh());
  navigator.serviceWorker.register('/worker.js', { type: 'module' }).catch(() => {
    // Without a worker the page works, but not offline.
  });
}

update();
await refresh();
setInterval(() => {
  if (!document.hidden) {
    void refresh();
  }
}, REFRESH_MILLISECONDS);
