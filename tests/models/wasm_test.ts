/** The same numbers on WebAssembly as on the native backend. */
import assert from "node:assert/strict";
import path from "node:path";
import { assertClose, type Differences } from "./compare.ts";

const PROGRAM = path.join(import.meta.dirname ?? "", "wasm_compare.ts");
const MODELS = ["resnet20", "resnet20_projection", "plain20", "small_resnet", "resnet18", "vgg16"];

Deno.test("on WebAssembly the models compute PyTorch's outputs and gradients", async () => {
  // A process of its own: a backend is chosen once.
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, ...MODELS],
    env: { RESIDUAL_BACKEND: "wasm" },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  const { backend, differences } = JSON.parse(text.decode(stdout)) as {
    backend: string;
    differences: (Differences & { name: string })[];
  };
  assert.equal(backend, "wasm");
  assert.equal(differences.length, MODELS.length);
  for (const { name, ...found } of differences) assertClose(found, name);
});
