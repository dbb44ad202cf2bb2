/** The native kernels against the plain compositions: the same values, the same gradients. */
import assert from "node:assert/strict";
import path from "node:path";
import { NATIVE_KERNELS } from "../../lib/backend/native/native_backend.ts";
import type { Computed } from "./kernels_compute.ts";

const PROGRAM = path.join(import.meta.dirname ?? "", "kernels_compute.ts");

/** What a process of its own computes with these kernels plain: they are chosen once. */
async function compute(plain: string): Promise<Computed> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM],
    env: { RESIDUAL_BACKEND: "native", RESIDUAL_PLAIN_KERNELS: plain, TF_CPP_MIN_LOG_LEVEL: "2" },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return JSON.parse(text.decode(stdout)) as Computed;
}

const plain = await compute("all");

function assertNear(found: Computed, what: string): void {
  for (const [name, values] of Object.entries(plain.values)) {
    const largest = Math.max(...values.map(Math.abs));
    assert.equal(found.values[name]?.length, values.length, name);
    for (const [i, value] of values.entries()) {
      const difference = Math.abs(found.values[name]![i]! - value) / largest;
      assert.ok(difference < 1e-5, `${what}: ${name}[${i}] differs by ${difference}`);
    }
  }
}

Deno.test("the native kernels compute the same as the compositions, without leaks", async () => {
  const native = await compute("");
  assert.deepEqual(native.native, [...NATIVE_KERNELS]);
  assert.deepEqual(plain.native, []);
  assertNear(native, "all");
  assert.equal(native.tensorsLeft, 0);
  assert.equal(plain.tensorsLeft, 0);
});

for (const kernel of NATIVE_KERNELS) {
  Deno.test(`without ${kernel} the others compute the same`, async () => {
    const found = await compute(kernel);
    assert.deepEqual(found.native, NATIVE_KERNELS.filter((name) => name !== kernel));
    assertNear(found, kernel);
  });
}
