/** Tests that blocks work in tslab: with its TypeScript 5.0, compiled, in Node. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import ts from "typescript";
import { KIT } from "../../tools/lessons/kit.ts";
import { NODE } from "../../tools/setup/paths.ts";

const LESSON = `
import * as tf from "@tensorflow/tfjs";
import { BatchNorm, Block, Conv2d, Sequence } from "./lib/blocks/mod.js";

class Mine extends Block {
  readonly #scale: number;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly more: Block[];
  readonly dropout: tf.layers.Layer;

  constructor(readonly ni: number, scale = 1) {
    super({ ni, scale });
    this.#scale = scale;
    this.conv1 = new Conv2d(ni, ni);
    this.bn1 = new BatchNorm(ni);
    this.more = [new Sequence([new Conv2d(ni, ni, 1), new BatchNorm(ni)])];
    this.dropout = tf.layers.dropout({ rate: 0.1 });
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    let y = tf.relu(this.bn1(this.conv1(x)));
    for (const layer of this.more) y = layer(y);
    const { training } = this;
    const F = this.dropout.apply(y, { training }) as tf.Tensor4D;
    const sum: tf.Tensor4D = tf.add(tf.mul(F, this.#scale), x);
    return sum;
  }
}

async function main(): Promise<void> {
  await tf.setBackend("cpu");
  const inputs = tf.input({ shape: [4, 4, 3] });
  const block = new Mine(3, 0.5);
  block.name = "mine";
  const model = tf.model({ inputs, outputs: block.apply(inputs) as tf.SymbolicTensor });
  model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
  const x: tf.Tensor4D = tf.ones([2, 4, 4, 3]);
  await model.fit(x, tf.zeros([2, 4, 4, 3]), { epochs: 1, verbose: 0 });
  const saved = JSON.parse(JSON.stringify(model.toJSON(null, false)));
  const loaded = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology: saved }));
  loaded.setWeights(model.getWeights());
  const [first, second] = [model, loaded].map((m) => m.predict(x) as tf.Tensor);
  class Forgetful extends Block {
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return new Conv2d(3, 3)(x);
    }
  }
  let message = "";
  try {
    new Forgetful({})(x);
  } catch (error) {
    message = (error as Error).message;
  }
  console.log(JSON.stringify({
    names: model.trainableWeights.map(({ originalName }) => originalName),
    shape: block(x).shape,
    text: require("node:util").inspect(new Conv2d(3, 16, 3, 2)),
    difference: tf.max(tf.abs(tf.sub(first!, second!))).dataSync()[0],
    message,
  }));
}

// Only a tensor of four dimensions goes into a convolution, and one comes out.
export function mistakes(conv: Conv2d, x: tf.Tensor4D): void {
  // @ts-expect-error
  conv("text");
  // @ts-expect-error
  conv(tf.tensor2d([[1]]));
  // @ts-expect-error
  const flat: tf.Tensor2D = conv(x);
  void flat;
}

void main();
`;

function compile(
  typescript: typeof ts,
  files: string[],
  options: ts.CompilerOptions,
): string[] {
  const program = typescript.createProgram(files, options);
  const { diagnostics } = program.emit();
  return [...typescript.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText }) =>
    typescript.flattenDiagnosticMessageText(messageText, "\n")
  );
}

Deno.test("tslab's TypeScript compiles a block that Node trains, saves and loads", () => {
  fs.mkdirSync(path.join(KIT.root, "tests/.tmp"), { recursive: true });
  const folder = fs.mkdtempSync(path.join(KIT.root, "tests/.tmp/blocks-"));
  try {
    // As set-up compiles the library for tslab.
    const config = path.join(KIT.root, "tsconfig.lib.json");
    const { options } = ts.getParsedCommandLineOfConfigFile(config, {
      outDir: path.join(folder, "lib"),
    }, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (found) => assert.fail(`${found}`) })!;
    assert.deepEqual(compile(ts, [path.join(KIT.root, "lib/blocks/mod.ts")], options), []);
    const lesson = path.join(folder, "lesson.ts");
    fs.writeFileSync(lesson, LESSON);
    const tslab = createRequire(createRequire(import.meta.url).resolve("tslab"));
    const old = tslab("@tslab/typescript-for-tslab") as typeof ts;
    assert.match(old.version, /^5\.0\./);
    const errors = compile(old, [lesson], {
      target: old.ScriptTarget.ES2022,
      module: old.ModuleKind.CommonJS,
      moduleResolution: 2, // node, which the newer TypeScript calls node10
      lib: ["lib.es2022.d.ts"],
      types: ["node"],
      typeRoots: [path.join(KIT.root, "node_modules/@types")],
      skipLibCheck: true,
      strict: true,
    });
    assert.deepEqual(errors, []);
    const output = execFileSync(NODE, [path.join(folder, "lesson.js")], { encoding: "utf8" });
    const { names, shape, text, difference, message } = JSON.parse(
      output.trim().split("\n").at(-1)!,
    );
    assert.deepEqual(names, [
      "mine.conv1.kernel",
      "mine.bn1.gamma",
      "mine.bn1.beta",
      "mine.more.0.0.kernel",
      "mine.more.0.1.gamma",
      "mine.more.0.1.beta",
    ]);
    assert.deepEqual(shape, [2, 4, 4, 3]);
    assert.equal(text, "Conv2d(3, 16, 3, 2, false)");
    assert.equal(difference, 0);
    assert.match(message, /^Forgetful\.forward calls a Conv2d that is not in a property/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
