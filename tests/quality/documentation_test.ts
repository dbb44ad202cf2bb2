/** Tests of the check for doc comments. */
import assert from "node:assert/strict";
import { isOwnType, lintFindings } from "../../tools/quality/documentation.ts";

Deno.test("a finding of deno doc --lint has its file, line, message and source", () => {
  const output = [
    "error[missing-jsdoc]: exported symbol is missing JSDoc documentation",
    "  --> /kit/lib/data/photo.ts:9:12",
    "  | ",
    "9 |   readonly width: number;",
    "  |            ^",
    "",
    "",
    "error[private-type-ref]: public type 'BatchNorm' references private type 'KitLayer'",
    "  --> /kit/lib/blocks/batch_norm.ts:31:1",
    "   | ",
    "31 | export class BatchNorm extends KitLayer {",
    "   | ^",
    "   = hint: make the referenced type public or remove the reference",
  ].join("\n");
  assert.deepEqual(lintFindings(output), [{
    file: "/kit/lib/data/photo.ts",
    line: 9,
    message: "exported symbol is missing JSDoc documentation",
    source: "readonly width: number;",
  }, {
    file: "/kit/lib/blocks/batch_norm.ts",
    line: 31,
    message: "public type 'BatchNorm' references private type 'KitLayer'",
    source: "export class BatchNorm extends KitLayer {",
  }]);
});

Deno.test("types of TensorFlow.js are distinguished from the kit's types of the same name", () => {
  assert.equal(isOwnType("Layer", "function f(layer: tf.layers.Layer): void {}"), false);
  assert.equal(isOwnType("Layer", '// A Layer.\nconst a: tf.layers.Layer = b("Layer");'), false);
  assert.equal(isOwnType("Layer", "function f(layer: Layer): void {}"), true);
});
