/**
 * Keeps the page, the runtime and the models on the device, so that it works without a network. The
 * page comes from the cache and is replaced whole when the build changes; what the server says of
 * models comes from the server while there is one.
 */
export {};
declare const self: ServiceWorkerGlobalScope;

const build = 'BUILD_HASH';
const page = `page-${build}`;
const models = 'models';

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

async function install(): Promise<void> {
  const list = await (await fetch('/files.json', { cache: 'no-store' })).json();
  const names = Object.keys(list as object).filter((name) => name !== 'worker.js' && name !== 'index.html');
  const cache = await caches.open(page);
  await cache.addAll(['/', ...names.map((name) => `/${name}`)]);
  await self.skipWaiting();
}

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name !== page && name !== models) {
      await caches.delete(name);
    }
  }
  await self.clients.claim();
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) {
    return;
  }
  if (url.pathname === '/api/models') {
    event.respondWith(fresh(event.request));
  } else if (url.pathname.startsWith('/models/') || url.pathname.startsWith('/api/models/')) {
    event.respondWith(kept(event.request, url));
  } else if (!url.pathname.startsWith('/v2') && url.pathname !== '/metrics') {
    event.respondWith(cached(event.request));
  }
});

async function cached(request: Request): Promise<Response> {
  const cache = await caches.open(page);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** From the server; what it said last if there is none. */
async function fresh(request: Request): Promise<Response> {
  const cache = await caches.open(models);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await cache.put(request, response.clone());
    }
    return response;
  } catch (problem) {
    const last = await cache.match(request);
    if (last) {
      return last;
    }
    throw problem;
  }
}

/** Files whose address names their version: once is enough. Older versions go. */
async function kept(request: Request, url: URL): Promise<Response> {
  const cache = await caches.open(models);
  const known = await cache.match(request);
  if (known) {
    return known;
  }
  const response = await fetch(request);
  if (response.ok) {
    for (const other of await cache.keys()) {
      if (new URL(other.url).pathname === url.pathname) {
        await cache.delete(other);
      }
    }
    await cache.put(request, response.clone());
  }
  return response;
}
