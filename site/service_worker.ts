/**
 * The site's service worker. Threads and Stop need pages that are isolated from other origins: it adds the two
 * headers where the host cannot. It keeps what was loaded, so that a lesson opens again without the network. A
 * new version of the site has a cache of its own; the learner's notebooks and progress lie elsewhere, and stay.
 */

/** Set at bundling: the digest of the site's files. */
declare const VERSION: string;

const CACHE = `residual-${VERSION}`;

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** The worker's own side; the DOM's types describe a page's. */
const worker = globalThis as unknown as {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
};

// A new version waits until no page of the old one is open: an open lesson never mixes two versions.
worker.addEventListener("install", (event) => {
  event.waitUntil(answer(new Request(worker.registration.scope)));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(removeOldCaches().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(worker.registration.scope)) return;
  event.respondWith(answer(request));
});

async function removeOldCaches(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith("residual-") && name !== CACHE) await caches.delete(name);
  }
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request, { ignoreSearch: true });
  if (found !== undefined) return found;
  const response = await fetch(request);
  if (response.status !== 200 || response.type === "opaque") return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const isolated = new Response(response.body, { status: 200, headers });
  await cache.put(request, isolated.clone());
  return isolated;
}
