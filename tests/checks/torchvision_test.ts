/** The list that ResNet18 is checked against is the one that torchvision has printed. */
import assert from "node:assert/strict";
import { torchvisionEntries } from "../../lib/checks/torchvision.ts";

Deno.test("torchvision's names and shapes follow the rule", async () => {
  const file = new URL("../models/reference/resnet18.json", import.meta.url);
  const { entries } = JSON.parse(await Deno.readTextFile(file)) as { entries: unknown };
  assert.deepEqual(torchvisionEntries(3, 1000, [2, 2, 2, 2]), entries);
});
