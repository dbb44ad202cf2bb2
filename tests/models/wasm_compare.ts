/** Prints how far models on this process's backend are from PyTorch, as JSON; for wasm_test.ts. */
import { startBackend } from "../../lib/mod.ts";
import { compare } from "./compare.ts";
import { readReference } from "./reference.ts";

const { name: backend } = await startBackend();
const differences = Deno.args.map((name) => {
  const reference = readReference(name);
  return { name, ...compare(name, reference, reference.cases[0]!) };
});
console.log(JSON.stringify({ backend, differences }));
