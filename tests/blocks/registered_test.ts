/** Tests that a saved model can be loaded before the kit has constructed a layer. */
import assert from "node:assert/strict";
import * as blocks from "../../lib/blocks/mod.ts";
import { BasicBlock, Block, tf } from "../../lib/mod.ts";

Deno.test("TensorFlow.js knows each class of the kit before an object is constructed", () => {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const abstract: unknown[] = [Block, BasicBlock];
  const classes = Object.values(blocks).filter((value) =>
    typeof value === "function" && value.prototype instanceof tf.layers.Layer &&
    !abstract.includes(value)
  );
  assert.ok(classes.length > 10);
  for (const Class of classes) assert.equal(classNameMap[Class.name]?.[0], Class, Class.name);
});
