// Lesson 0: how the notebooks work. The source of both notebooks; `npx deno task lessons 00` makes
// them.

// %% [markdown]
// # 0 · Start here
//
// In these lessons you will build networks that tell a frog from a truck, from their smallest parts,
// and every part gets checked. This one shows the workshop: cells, tensors, checks, hints, Stop.
//
// **Time:** 20 minutes.
//
// **You need:** functions and arrays in TypeScript, and nothing about networks.
//
// ## A cell
//
// A notebook is a list of cells: text, and code like the one below. Click on it and press
// **Shift+Enter**. It runs, shows what it has to show, and the next cell comes into focus. Go on like
// that, from top to bottom.
//
// To the left of a code cell you see how it is doing:
//
// | mark | meaning |
// |---|---|
// | `[ ]` | it has not run |
// | `[*]` | it is running, or waiting for a cell that is |
// | `[3]` | it has run, as the third |

// %%
import {
  budget,
  check,
  Display,
  hint,
  progress,
  showImages,
  showTable,
  showText,
  startBackend,
  stopWasPressed,
  tf,
} from "residual";

const backend = await startBackend();
await showText(backend.describe());

// %% [markdown]
// ## Who does the computing?
//
// The text above says it: the **backend**. `native` is TensorFlow's C++ library, `webgpu` a graphics
// card, `wasm` is WebAssembly and `cpu` plain JavaScript. All of them compute the same, up to the last
// decimals; the waiting is not the same. `native` and `webgpu` train a network in minutes, `wasm` is
// many times slower, and `cpu` is for small trials.
//
// The kit took the fastest one that works here. Where it had to pass one over, it said why.

// %% [markdown]
// ## A silent cell
//
// The next cell shows nothing, and nothing is wrong with it: it only remembers a number.

// %%
const pixelsInAnImage = 32 * 32;

// %% [markdown]
// What one cell declares, every later cell knows. To see a value, show it:

// %%
await showText(`An image has ${pixelsInAnImage} pixels.`);

// %% [markdown]
// ## A cell that fails
//
// A cell that fails shows a red box: the kind of error, and what it has to say. **No red box, and a
// number in the brackets: the cell is done.** Try it: take the two slashes away, run the cell, put
// them back, and run it again.

// %%
// throw new Error("on purpose");
await showText("This line runs only if the line above it does not fail.");

// %% [markdown]
// After a failed cell, *Run → Run All Cells* does not go on: what stands below has not run. So look
// for the first red box from the top.
//
// "... is not defined" or "Cannot find name ..." mostly means that a cell further up has not run.
//
// A **kernel** is the program that runs your cells and remembers your variables; its name stands at the
// top right. There are two to choose from: the Deno kernel runs your TypeScript without checking its
// types, the tslab kernel checks them.

// %% [markdown]
// ## Stop
//
// The button **■** stops the cell that runs. The cell has a part in that: a loop that takes long should
// ask, between two rounds, whether Stop was pressed. The kit's trainings do. This loop does too:

// %%
async function countTo(last: number): Promise<number> {
  const place = new Display();
  let rounds = 0;
  while (rounds < last && !await stopWasPressed()) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    rounds++;
    await place.show({ "text/plain": `round ${rounds} of ${last}` });
  }
  return rounds;
}

const roundsDone = await countTo(5);
await showText(`${roundsDone} rounds are done.`);

// %% [markdown]
// Change the 5 into 500, run the cell and press ■. The loop ends after its round, the last line shows how
// many rounds ran, and all your variables are there. A training run that you stop ends in the same way: the
// network keeps what it has learned so far.
//
// | what runs | what ■ does |
// |---|---|
// | a loop that asks | it ends after its round and the cell goes on to its end |
// | a loop that never asks, or a cell that waits | after a second or two a red box says that Stop ended the cell; your variables are kept, unless the box says that the kernel was restarted |
//
// When the kernel is restarted, by ■ or by you (*Kernel → Restart Kernel*), the variables are gone and
// your text is not: run the cells again, from the top. That is also the cure when nothing makes sense
// any more.

// %% [markdown]
// ## A tensor
//
// Networks compute with **tensors**: numbers in a grid. The **shape** says how many there are along
// each axis. This one has 2 rows and 3 columns:

// %%
const small = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
await showTable([
  { tensor: "small", shape: `[${small.shape.join(", ")}]`, values: small.dataSync().join(" ") },
]);

// %% [markdown]
// `dataSync()` brings the values back to TypeScript, in a flat array: row after row. The shape is all
// that says where a row ends.
//
// ## An image is a tensor
//
// A color image has three axes: height, width and three **channels**, red, green and blue. Let us
// make one of 32×32 pixels. Red grows from left to right, green from top to bottom, blue is 64
// throughout. A byte, 0 to 255, is enough for a value.

// %%
function makeGradient(): Uint8Array {
  const bytes: number[] = [];
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) bytes.push(x * 8, y * 8, 64);
  }
  return Uint8Array.from(bytes);
}

const gradient = makeGradient();
await showImages([gradient], { scale: 5 });

// %% [markdown]
// The array begins with the first row: red, green, blue of the first pixel, red, green, blue of the
// second ... The last axis, the channels, changes fastest.
//
// A network takes many images at once, a **batch**, so one more axis comes in front:
// `[number, height, width, channels]`, in short **NHWC**. Papers and PyTorch write **NCHW**: all reds
// first, then all greens, then all blues. The same image in both orders:

// %%
const batch = tf.tensor4d(Array.from(gradient), [1, 32, 32, 3]);
const planes = tf.transpose(batch, [0, 3, 1, 2]);
await showTable([
  { order: "NHWC (here)", tensor: batch },
  { order: "NCHW (papers, PyTorch)", tensor: planes },
].map(({ order, tensor }) => ({
  order,
  shape: `[${tensor.shape.join(", ")}]`,
  "first nine values": Array.from(tensor.dataSync().slice(0, 9)).join(" "),
})));

// %% [markdown]
// Red is 0, 8, 16 ... along the first row. In NHWC you find it at every third place; in NCHW the reds
// stand side by side.
//
// ## Computing
//
// An operation takes tensors and makes a new one. Here is the mean of each channel, over height and
// width, which are axes 1 and 2. The gradient is as red as it is green:

// %%
const channelMeans = tf.mean(batch, [1, 2]);
await showTable([{
  shape: `[${channelMeans.shape.join(", ")}]`,
  "mean of red, green, blue": Array.from(channelMeans.dataSync()).join(", "),
}]);

// %% [markdown]
// TypeScript clears its own memory away, but not that of tensors. `tf.tidy` does: when its function
// ends, every tensor made inside is gone, but for the one that is returned. Several are made on the
// way here, and one is left:

// %%
const before = tf.memory().numTensors;
const brightest = tf.tidy(() => tf.max(tf.add(tf.mul(batch, 2), 1)));
await showText(
  `The greatest value of 2x + 1 is ${brightest.dataSync()[0]}. ` +
    `Tensors that are left of it: ${tf.memory().numTensors - before}.`,
);

// %% [markdown]
// ## A check
//
// In the lessons you write the parts yourself, and a check looks at them. It compares one property
// after another: a wrong one costs its own points and no others, and often the check knows which
// mistake it was.
//
// Say that somebody wants to know where in the flat array the value of row `y`, column `x` and channel
// `c` lies, and writes what stands below. It is wrong. (A failed check makes its cell fail; here the
// error is caught, so that the lesson goes on.)

// %%
function wrongIndex(y: number, x: number, c: number): number {
  return y * 32 + x + c;
}

const failure = await check("pixel_index", wrongIndex).catch((error: Error) => error.message);
await showText(`The red box would say: ${failure}`);

// %% [markdown]
// Read the arrow → first: it says what to do next. Check as often as you like, the best one counts.
//
// ## A hint
//
// Stuck? Each exercise has hints, from a nudge to nearly the answer. Run this cell once for the first,
// again for the second. In later lessons write such a cell yourself; the check says with which name.
// Hints cost no points.

// %%
await hint("pixel_index");

// %% [markdown] exercise="pixel_index"
// Your turn: do it right. Where in `gradient` lies channel `c` of the pixel in row `y` and column `x`?
// All three count from 0: `pixelIndex(0, 0, 0)` is 0, and the blue of the first pixel,
// `pixelIndex(0, 0, 2)`, is 2.
//
// **Write your answer in place of the lines `// YOUR CODE HERE` and `throw ...`**, run the cell, then run
// the check below it. Run both once before you write anything: the check says "not written yet".

// %% id="pixel_index" role="solution"
function pixelIndex(y: number, x: number, c: number): number {
  // BEGIN SOLUTION
  return (y * 32 + x) * 3 + c;
  // END SOLUTION
}

// %% id="check_pixel_index" role="check"
await check("pixel_index", pixelIndex);

// %% [markdown]
// <details><summary>The check says "not written yet", but I did write something</summary>
//
// Is the line `throw new Error("not implemented");` still there? And has the cell with your function run
// since you changed it? A cell's text counts only once it has run.
//
// </details>
// <details><summary>One pixel to the right gives 1, and 3 was expected</summary>
//
// Between two neighbors lie all three values of a pixel: red, green and blue.
//
// </details>
// <details><summary>One row down gives 3, and one pixel to the right gives 96</summary>
//
// `x` and `y` have changed places. The row comes first: `y`, then `x`, then `c`.
//
// </details>

// %% [markdown]
// ## How long will it take?
//
// Training is the only thing here that takes minutes, and a **budget** says how many images it may use:
// `quick` to see that it works, `lesson` to see it learn, `paper` for the whole schedule of the paper.
// A step of training takes one batch.

// %%
await showTable(["quick", "lesson", "paper"].map((name) => {
  const { steps, batchSize, testImages } = budget(name);
  return {
    budget: name,
    steps,
    "images in a batch": batchSize,
    "steps × images": steps * batchSize,
    "judged on": testImages,
  };
}));
await showText(`In force: "${budget().name}".`);

// %% [markdown]
// Before a training begins, a cell measures what it will take on your machine, and says so. To choose
// another budget, write `budget("quick")` there, or set the environment variable `RESIDUAL_BUDGET`
// before you start the notebooks.
//
// ## Where you stand
//
// Points are kept in the kit's folder, in `progress.json`, and nowhere else.

// %%
await progress();

// %% [markdown]
// ## Quiz
//
// 1. A cell has `[7]` beside it and shows nothing. Has it failed?
//    <details><summary>Answer</summary>No. It ran, as the seventh, and had nothing to show. A cell that
//    failed shows a red box.</details>
// 2. A cell has had `[*]` beside it for a while. What are the two possible reasons?
//    <details><summary>Answer</summary>It is computing, or it waits for a cell that is.</details>
// 3. You press ■, and the red box says that the kernel was restarted. What is lost?
//    <details><summary>Answer</summary>The variables. The notebook and your points are not. Run the
//    cells again, from the top.</details>
// 4. A tensor has the shape `[128, 32, 32, 3]`. What is it, most likely?
//    <details><summary>Answer</summary>A batch of 128 color images of 32×32 pixels, in the order
//    NHWC.</details>
// 5. And how many numbers are in it?
//    <details><summary>Answer</summary>128 · 32 · 32 · 3 = 393,216.</details>
//
// ## Summary
//
// - Shift+Enter runs a cell. No red box and a number in the brackets: all is well.
// - ■ stops a cell and keeps your variables. After a restart, run from the top.
// - A tensor is numbers and a shape. Images are NHWC here: channels change fastest.
// - `check` says what is wrong, `hint` what to try, `progress` where you are.
//
// **Next:** lesson 1, the 60,000 photos.
//
// **Reading:** TensorFlow.js's guide
// [Tensors and operations](https://www.tensorflow.org/js/guide/tensors_operations), for tensors, their
// shapes and their memory.
