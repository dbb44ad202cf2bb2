/**
 * Likely causes of what a learner's code throws. Messages of JavaScript and of TensorFlow say what happened;
 * a learner needs to know what to change.
 */

type Advice = string | ((match: readonly string[]) => string | undefined);

/** Each pattern with the advice for it. The first that matches counts. */
const CAUSES: readonly (readonly [RegExp, Advice])[] = [
  [
    /^not written yet$/,
    "replace the `throw` line with your code, run that cell, then run this cell again",
  ],
  [
    /this\.(\w+) is not a function, but a layer of TensorFlow\.js/,
    ([, name]) => `run a layer of TensorFlow.js with \`apply\`: \`this.${name}.apply(x)\``,
  ],
  [
    /this\.(\w+) is not a function/,
    ([, name]) =>
      `assign a layer to \`this.${name}\` in the constructor, \`this.${name} = new …\`, and spell the ` +
      "name the same in both places",
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
    "does every path through `forward` end with `return`?",
  ],
  [
    /is the layer \w+, expected a tensor|(returned|got) a layer \(/,
    "this is a layer, not a tensor: use the result of calling the layer, as in `this.conv(x)`",
  ],
  [
    /Cannot read properties of (undefined|null) \(reading '(shape|rank|dtype|dataId|dataSync|id)'\)/,
    "there is no tensor here: does every path through your function, or through `forward`, end with " +
    "`return`?",
  ],
  [
    /Cannot read properties of undefined \(reading 'map'\)/,
    "the value before `.map` is undefined. Passing a tensor to a function of `tf.layers` has the same effect: " +
    "write `tf.relu(x)`, or `tf.layers.reLU().apply(x)`",
  ],
  [
    /Cannot destructure property '(\w+)' of '(\w+)' as it is undefined/,
    ([, property, name]) =>
      `\`${name}\` is undefined where its \`${property}\` is read: pass it by name, as in ` +
      `\`{ ${name}: … }\``,
  ],
  [
    /returns the number NaN/,
    "NaN comes from computing with `undefined`: does each property that you read exist? A weight, for example, " +
    "has a `shape`, which is an array",
  ],
  [
    /makes an object \(SymbolicTensor\)/,
    "this is the output of the last layer: return `tf.model({ inputs: image, outputs: x })`",
  ],
  [
    /Cannot read properties of (undefined|null) \(reading '(.+?)'\)/,
    ([, nothing, name]) =>
      `the value before \`.${name}\` or \`[${name}]\` is ${nothing}: is it assigned before it is ` +
      "used, and is its name spelled the same everywhere?",
  ],
  [
    /joins tensors as text|got string tensor|dtype .*string/i,
    "`+` joins two tensors as text: add them with `tf.add(a, b)`",
  ],
  [
    /(\w+) is not defined/,
    ([, name]) =>
      `there is no \`${name}\` here: run the cell that declares it (after a restart, the first ` +
      "cell too), or correct its spelling",
  ],
  [
    /(LayersVariable|Tensor|Variable).*disposed/i,
    "a layer or a tensor is used after it was disposed: create a new layer for each place, with `new …` " +
    "inside the loop",
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
    /Linear expects an input with (\d+) channels, got/,
    "the linear layer takes one number for each channel, `[batch, channels]`: take the mean over height and " +
    "width only, `tf.mean(x, [1, 2])`",
  ],
  [
    /(\w+) expects an input with (\d+) channels, got (\d+)/,
    ([, layer, made, has]) =>
      `follow the channels: the ${layer} for ${made} channels gets ${has}. Is it created with the number of ` +
      "channels of the layer before it, and called with the result of that layer?",
  ],
  [
    /(?:tf\.)?layers\.(\w+)\(\.\.\.\) is not a function/,
    ([, name]) => {
      const plain =
        { reLU: "tf.relu(x)", maxPooling2d: "tf.maxPool(…)", add: "tf.add(a, b)" }[name!];
      return `\`tf.layers.${name}(…)\` creates a layer: run it with \`.apply(x)\`${
        plain === undefined ? "" : `, or use \`${plain}\``
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
      `\`tf.${called}\` needs a tensor with values, and x is symbolic while a model is built: use a layer, as ` +
      "in `tf.layers.reLU().apply(x)`",
  ],
  [
    /Argument '\w+' passed to '(\w+)' must be a Tensor.* but got '(\w+)'/,
    ([, called, got]) =>
      `\`tf.${called}\` got ${
        got === "undefined" ? "nothing" : `a ${got}`
      } instead of a tensor: pass the result of a layer, as in \`this.conv(x)\``,
  ],
  [
    /\.apply is not a function/,
    "the object before `.apply` is not a layer: create each layer with `new …`, or with a function of `tf.layers`",
  ],
  [
    /supports only 'valid' and 'same' padding/,
    'pools support only `"valid"` and `"same"` padding: pad with `tf.pad4d`, then pool with `"valid"`',
  ],
  [
    /Graph disconnected/,
    "the input of a layer does not come from the model's input: does each layer get the result of the layer " +
    "before it?",
  ],
  [
    /Input \d+ is incompatible with layer (\w+): (.+)/,
    ([, layer]) =>
      `the input of \`${layer}\` has another shape than the layer expects: follow the shapes from layer ` +
      "to layer",
  ],
  [
    /Class constructor (\w+) cannot be invoked without 'new'/,
    ([, name]) => `\`${name}\` is a class: write \`new ${name}(…)\``,
  ],
  [
    /(\w+) is not a constructor/,
    ([, name]) =>
      `\`new ${name}\` needs a class: is \`${name}\` a function, or was the class overwritten?`,
  ],
  [
    /Must call super constructor/,
    "call `super({ … })` first in the constructor, before `this` is used",
  ],
  [
    /Assignment to constant variable/,
    "a `const` cannot be assigned again: declare the variable with `let`",
  ],
  [
    /Maximum call stack size exceeded/,
    "a function calls itself endlessly: does `forward` call itself, or does a block contain itself?",
  ],
  [
    /(\S+) is not iterable/,
    ([, name]) => `\`for … of\` and \`...\` need an array, and \`${name}\` is not one`,
  ],
  [
    /must be rank (\d) but got rank (\d)/,
    ([, expected, got]) =>
      `expected a tensor with ${expected} axes, got ${got}: is there a mean or a reshape too early?`,
  ],
  [
    /\bx?\.?(\w+) is not a function/,
    ([, name]) =>
      `\`${name}\` is not a function. If it is a layer of TensorFlow.js, run it with \`.apply(x)\`; ` +
      "otherwise, check that it is assigned and spelled correctly",
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
      "one path halves the map and the other does not. The shortcut needs the stride too, as in " +
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
