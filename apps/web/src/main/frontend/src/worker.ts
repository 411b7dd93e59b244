/**
 * The service worker: caches the page, the runtime and the models, so that the page works offline.
 * The page is served from the cache, which is replaced when the build changes. The list of models
 * comes from the server if it can be reached.
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
    event.respondWith(networkFirst(event.request));
  } else if (url.pathname.startsWith('/models/') || url.pathname.startsWith('/api/models/')) {
    event.respondWith(versioned(event.request, url));
  } else if (!url.pathname.startsWith('/v2') && url.pathname !== '/metrics') {
    event.respondWith(cacheFirst(event.request));
  }
});

async function cacheFirst(request: Request): Promise<Response> {
  const cache = await caches.open(page);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** Responds from the server, or with its last response if it cannot be reached. */
async function networkFirst(request: Request): Promise<Response> {
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

/** Responds from the cache with a file that has its version in its URL; removes other versions. */
async function versioned(request: Request, url: URL): Promise<Response> {
  const cache = await caches.open(models);
  const cached = await cache.match(request);
  if (cached) {
    return cached;
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
