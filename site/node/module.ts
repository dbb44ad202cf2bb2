/** `createRequire`, which the library asks where the WebAssembly backend's files lie. */
export function createRequire(_from: string): { resolve(name: string): string } {
  return { resolve: () => new URL("./wasm/index.js", import.meta.url).pathname };
}
