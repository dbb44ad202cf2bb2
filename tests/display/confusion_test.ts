/** The confusion matrix, as a picture and in a terminal. */
import assert from "node:assert/strict";
import { confusionBundle } from "../../lib/display/mod.ts";
import { svgIn, textsIn } from "./svg.ts";

const classNames = ["cat", "dog", "<ship>"];
const truths = Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 2);
const predictions = Uint8Array.of(0, 0, 1, 2, 1, 1, 0, 2);
const bundle = await confusionBundle({ classNames, truths, predictions });

Deno.test("in a terminal each class has its accuracy and its most frequent mistakes", () => {
  assert.equal(
    bundle["text/plain"],
    [
      "62.5 % of 8 images classified correctly",
      "cat      50.0 %  taken for dog 1, <ship> 1",
      "dog      66.7 %  taken for cat 1",
      "<ship>  100.0 %",
    ].join("\n"),
  );
});

Deno.test("the heat map has all counts, class names on both axes and the accuracies", () => {
  const texts = textsIn(svgIn(bundle["text/html"]));
  const count = (text: string) => texts.filter((other) => other === text).length;
  for (const name of ["cat", "dog", "&lt;ship&gt;"]) assert.equal(count(name), 2, name);
  for (const text of ["50.0 %", "66.7 %", "100.0 %", "true class", "predicted class"]) {
    assert.equal(count(text), 1, text);
  }
  // Diagonal 2, 2, 1 and beside it three times 1 and three times 0.
  assert.deepEqual([count("2"), count("1"), count("0")], [2, 4, 3]);
});

Deno.test("rows are truths and columns predictions, from the top left", async () => {
  const svg = svgIn(
    (await confusionBundle({ classNames: ["a", "b"], truths: [0, 0, 0], predictions: [1, 1, 1] }))[
      "text/html"
    ],
  );
  const place = (text: string) => {
    const [, x, y] = new RegExp(`translate\\(([\\d.]+) ([\\d.]+)\\)"[^>]*>${text}<`).exec(svg)!;
    return [Number(x), Number(y)] as const;
  };
  const [three, rightmost] = [place("3"), place("0.0 %")];
  assert.equal(three[1], rightmost[1], "the count is in the first row, as its accuracy is");
  assert.ok(three[0] > place("0")[0], "and in the second column");
});

Deno.test("the picture's alternative text contains every accuracy", () => {
  assert.match(
    String(bundle["text/html"]),
    /alt="Confusion matrix, 62.5 % of 8 images classified correctly. .*dog 66.7 %, &lt;ship&gt; 100.0 %\."/,
  );
});

Deno.test("a class without images has no accuracy", async () => {
  const text = (await confusionBundle({ classNames, truths: [0], predictions: [0] }))["text/plain"];
  assert.match(text, /dog +–$/m);
});

Deno.test("truths and predictions of different lengths are refused with advice", async () => {
  await assert.rejects(
    () => confusionBundle({ classNames, truths: [0, 1], predictions: [0] }),
    /got 2 and 1: .* `labels.slice\(0, 1\)`/,
  );
  await assert.rejects(
    () => confusionBundle({ classNames, truths: [0, 3], predictions: [0, 0] }),
    /Image 1 is of class 3 .* the classes 0 to 2/,
  );
});
