/** A web server for the site, as a static host is: files, types and nothing else. */
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".ipynb": "application/json",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** A server that runs. */
export interface Served {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves a folder on this machine.
 *
 * @param isolates Whether answers have the headers that isolate a page from other origins.
 */
export async function serve(folder: string, port = 0, isolates = false): Promise<Served> {
  const server = http.createServer((request, response) => {
    const place = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    let file = path.join(folder, path.normalize(place));
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat?.isDirectory()) file = path.join(file, "index.html");
    if (!file.startsWith(folder) || !fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("Content-Type", TYPES[path.extname(file)] ?? "application/octet-stream");
    response.setHeader("Content-Length", fs.statSync(file).size);
    if (isolates) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    fs.createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
