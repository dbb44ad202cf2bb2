/**
 * Likely causes of what a learner's code throws. Messages of JavaScript and of TensorFlow say what happened;
 * a learner needs to know what to change.
 */

type Advice = string | ((match: readonly string[]) => string | undefined);

/** Each pattern with the advice for it. The first that matches counts. */
const CAUSES: readonly (readonly [RegExp, Advice])[] = [
  [
    /^not written yet$/,
    "replace the `throw` line by your code, run its cell, then run this one again",
  ],
  [
    /this\.(\w+) is not a function, but a layer of TensorFlow\.js/,
    ([, name]) => `run a layer of TensorFlow.js with \`apply\`: \`this.${name}.apply(x)\``,
  ],
  [
    /this\.(\w+) is not a function/,
    ([, name]) =>
      `assign a layer to \`this.${name}\` in the constructor, \`this.${name} = new …\`, and spell the ` +
      "name alike in both places",
  ],
  [
    /that is not in a property of the block/,
    "assign each layer to a property of its own in the constructor, as in `this.conv = new Conv2d(…)`",
  ],
  [
    /are the same (\w+), so they would share their weights/,
    ([, kind]) => `create a layer for each property and each place of an array: \`new ${kind}(…)\``,
  ],
  [
    /must return a tensor, but returned undefined/,
    "does every way through `forward` end in `return`?",
  ],
  [
    /is the layer \w+, expected a tensor|(returned|got) a layer \(/,
    "a tensor was expected, and this is a layer: use what the layer returns, as in `this.conv(x)`",
  ],
  [
    /Cannot read properties of (undefined|null) \(reading '(shape|rank|dtype|dataId|dataSync|id)'\)/,
    "a tensor was expected, and there is none: does every way through your function, or through " +
    "`forward`, end in `return`?",
  ],
  [
    /Cannot read properties of undefined \(reading 'map'\)/,
    "what stands before `.map` is undefined. A tensor that is given to a function of `tf.layers` leads to " +
    "this, too: write `tf.relu(x)`, or `tf.layers.reLU().apply(x)`",
  ],
  [
    /Cannot destructure property '(\w+)' of '(\w+)' as it is undefined/,
    ([, property, name]) =>
      `\`${name}\` is undefined where its \`${property}\` is read: hand it over under its name, as in ` +
      `\`{ ${name}: … }\``,
  ],
  [
    /returns the number NaN/,
    "NaN comes from computing with `undefined`: is there a value under each name that you read? A weight, for " +
    "example, has a `shape`, and a shape is an array",
  ],
  [
    /makes an object \(SymbolicTensor\)/,
    "this is the output of the last layer: return `tf.model({ inputs: image, outputs: x })`",
  ],
  [
    /Cannot read properties of (undefined|null) \(reading '(.+?)'\)/,
    ([, nothing, name]) =>
      `what stands before \`.${name}\` or \`[${name}]\` is ${nothing}: is it assigned before it is ` +
      "used, and is its name spelled alike everywhere?",
  ],
  [
    /joins tensors as text|got string tensor|dtype .*string/i,
    "`+` makes a text of two tensors: add them with `tf.add(a, b)`",
  ],
  [
    /(\w+) is not defined/,
    ([, name]) =>
      `nothing is called \`${name}\` here: run the cell that declares it (after a restart, the first ` +
      "cell too), or correct its spelling",
  ],
  [
    /(LayersVariable|Tensor|Variable).*disposed/i,
    "a layer or a tensor is used again after it was given back: make a new layer for each place, as " +
    "with `new …` inside the loop",
  ],
  [
    /Incompatible shapes: (\[[\d,\s]*\]) vs\.? (\[[\d,\s]*\])/,
    ([, a = "", b = ""]) => sumOf(shapeIn(a), shapeIn(b)),
  ],
  [
    /could not be broadcast together with shapes ([\d,]+) and ([\d,]+)/,
    ([, a = "", b = ""]) => sumOf(shapeIn(a), shapeIn(b)),
  ],
  [
    /Linear was made for (\d+) channels, and its input (is|has)/,
    "the linear layer takes one number for each channel, `[batch, channels]`: take the mean over height " +
    "and width alone, `tf.mean(x, [1, 2])`",
  ],
  [
    /(\w+) was made for (\d+) channels, and its input has (\d+)/,
    ([, layer, made, has]) =>
      `follow the channels: ${has} arrive at the ${layer} that was made for ${made}. Is it made with the ` +
      "channels of the layer before it, and called with that layer's result?",
  ],
  [
    /(?:tf\.)?layers\.(\w+)\(\.\.\.\) is not a function/,
    ([, name]) => {
      const plain =
        { reLU: "tf.relu(x)", maxPooling2d: "tf.maxPool(…)", add: "tf.add(a, b)" }[name!];
      return `\`tf.layers.${name}(…)\` makes a layer: give it a tensor with \`.apply(x)\`${
        plain === undefined ? "" : `, or take \`${plain}\``
      }`;
    },
  ],
  [
    /(tf\.[\w.]+) is not a function/,
    ([, name]) => `TensorFlow.js has no \`${name}\`: correct its spelling`,
  ],
  [
    /Argument '\w+' passed to '(\w+)' must be a Tensor.* but got 'SymbolicTensor'/,
    ([, called]) =>
      `\`tf.${called}\` computes with numbers, and a model that is still being put together has none: take ` +
      "a layer, as in `tf.layers.reLU().apply(x)`",
  ],
  [
    /Argument '\w+' passed to '(\w+)' must be a Tensor.* but got '(\w+)'/,
    ([, called, got]) =>
      `\`tf.${called}\` was given ${
        got === "undefined" ? "nothing" : got === "string" ? "a text" : `a ${got}`
      } in place of a tensor: give it what a layer returns, as in \`this.conv(x)\``,
  ],
  [
    /\.apply is not a function/,
    "what is applied is no layer: make each layer with `new …`, or with a function of `tf.layers`",
  ],
  [
    /supports only 'valid' and 'same' padding/,
    'here a pool pads by `"valid"` or `"same"` alone: pad by hand with `tf.pad4d`, then pool with ' +
    '`"valid"`',
  ],
  [
    /Graph disconnected/,
    "a layer took something that does not come from the model's input: does each layer take what the one " +
    "before it gave?",
  ],
  [
    /Input \d+ is incompatible with layer (\w+): (.+)/,
    ([, layer]) =>
      `what arrives at \`${layer}\` has another shape than it was made for: follow the shapes from layer ` +
      "to layer",
  ],
  [
    /Class constructor (\w+) cannot be invoked without 'new'/,
    ([, name]) => `\`${name}\` is a class: write \`new ${name}(…)\``,
  ],
  [
    /(\w+) is not a constructor/,
    ([, name]) =>
      `\`new ${name}\` needs a class: is \`${name}\` a function, or was it overwritten?`,
  ],
  [
    /Must call super constructor/,
    "call `super({ … })` first in the constructor, before `this` is used",
  ],
  [
    /Assignment to constant variable/,
    "a `const` keeps its first value: declare what changes with `let`",
  ],
  [
    /Maximum call stack size exceeded/,
    "a function calls itself without end: does `forward` call itself, or a block contain itself?",
  ],
  [
    /(\S+) is not iterable/,
    ([, name]) => `\`for … of\` and \`...\` need an array, and \`${name}\` is none`,
  ],
  [
    /must be rank (\d) but got rank (\d)/,
    ([, expected, got]) =>
      `a tensor with ${expected} axes was expected, and it has ${got}: has a mean or a reshape come too ` +
      "early?",
  ],
  [
    /\bx?\.?(\w+) is not a function/,
    ([, name]) =>
      `\`${name}\` is not a function. If it is a layer of TensorFlow.js, run it with \`.apply(x)\`; ` +
      "otherwise: is it assigned, and is it spelled right?",
  ],
];

/** Advice for what a probe met, if it is known. */
export function causeOf(trouble: string): string | undefined {
  for (const [pattern, advice] of CAUSES) {
    const match = pattern.exec(trouble);
    if (match === null) continue;
    return typeof advice === "string" ? advice : advice(match);
  }
  return undefined;
}

function shapeIn(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

/** Why two maps `[batch, height, width, channels]` cannot be added. */
function sumOf(a: readonly number[], b: readonly number[]): string {
  const texts = `[${a.join(", ")}] and [${b.join(", ")}]`;
  const begin = `the two sides of a sum need the same shape, and these are ${texts}: `;
  if (a.length !== 4 || b.length !== 4) return `${begin}follow both from x, step by step`;
  const [[, heightA = 0, , channelsA], [, heightB = 0, , channelsB]] = [a, b];
  const [small, large] = [Math.min(heightA, heightB), Math.max(heightA, heightB)];
  const reasons: string[] = [];
  if (small !== large && Math.ceil(large / 2) === small) {
    reasons.push(
      "one way halves the map and the other does not. The shortcut needs the stride too, as in " +
        "`new Conv2d(ni, no, 1, 2)`",
    );
  } else if (small !== large) {
    reasons.push("one way shrinks the map: is a padding missing, or a stride too many?");
  }
  if (channelsA !== channelsB) {
    reasons.push(
      `one has ${channelsA} channels, the other ${channelsB}: both ways must end with \`no\` channels`,
    );
  }
  return begin + (reasons.length > 0 ? reasons.join("; and ") : "follow both from x, step by step");
}
