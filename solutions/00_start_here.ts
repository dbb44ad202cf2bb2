// Lesson 0: how the notebooks work. The source of both notebooks; `npx deno task lessons 00` makes
// them.

// %% [markdown]
// # 0 · Start here
//
// In these lessons you build neural networks that can tell a frog from a truck. You write every part yourself,
// and every part is checked. This first lesson shows you the tools: cells, tensors, checks, hints and Stop.
//
// **The paper** that all lessons follow is He, Zhang, Ren and Sun, *Deep Residual Learning for Image
// Recognition* (2016), [arXiv:1512.03385](https://arxiv.org/abs/1512.03385): the paper that introduced ResNet.
//
// **Time:** 20 minutes.
//
// **You need:** functions and arrays in TypeScript. You need to know nothing about networks.
//
// ## A cell
//
// A notebook is a list of cells: text, and code like the cell below. Click on that cell and press
// **Shift+Enter**. The cell runs, shows its output, and the next cell is selected. Continue like this from
// top to bottom.
//
// The mark to the left of a code cell shows its state:
//
// | mark | meaning |
// |---|---|
// | `[ ]` | the cell has not run |
// | `[*]` | the cell is running, or waiting for another cell to finish |
// | `[3]` | the cell has run, as the third one |

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
// ## The backend
//
// The **backend** is the part of TensorFlow.js that does the computing. `native` is TensorFlow's C++ library,
// `webgpu` is a graphics card, `wasm` is WebAssembly and `cpu` is plain JavaScript. All of them compute the same
// values, up to the last decimals, at very different speeds: `native` and `webgpu` train a network in minutes,
// `wasm` is several times slower, and `cpu` is only for small experiments.
//
// The kit chose the fastest backend that works on this machine. If it had to skip a faster one, the output
// above says why.

// %% [markdown]
// ## A silent cell
//
// The next cell shows nothing, and that is correct: it only stores a number.

// %%
const pixelsInAnImage = 32 * 32;

// %% [markdown]
// All later cells can use what a cell declares. To see a value, show it:

// %%
await showText(`An image has ${pixelsInAnImage} pixels.`);

// %% [markdown]
// ## A cell that fails
//
// A cell that fails shows a red box with the kind of error and its message. **A number in the brackets and no
// red box mean that the cell has succeeded.** Try it: remove the two slashes and run the cell, then put them
// back and run it again.

// %%
// throw new Error("on purpose");
await showText("This line runs only if the line above it does not fail.");

// %% [markdown]
// *Run → Run All Cells* stops at a failed cell, and the cells below have not run. So look for the first red
// box from the top.
//
// "... is not defined" or "Cannot find name ..." usually means that a cell further up has not run.
//
// ## Two kernels
//
// The **kernel** is the program that runs your cells and stores your variables. Its name is at the top right:
// click on it to choose another one. All lessons run in both kernels:
//
// | kernel | types | choose it if |
// |---|---|---|
// | **Deno** (default) | are not checked | you want cells to start at once |
// | **tslab** | are checked before a cell runs | you want type errors with their line, as in an editor |
//
// Restart the notebook from the top after you have changed the kernel.

// %% [markdown]
// ## Stop
//
// The **■** button stops the running cell. A long loop should therefore check between two iterations
// whether Stop was pressed. The kit's training loop does so, and this loop does too:

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
// Change 5 to 500, run the cell and press ■. The loop ends after the current round, the last line shows how
// many rounds ran, and all your variables are kept. A training run ends in the same way: the network keeps what
// it has learned so far.
//
// | what runs | what ■ does |
// |---|---|
// | a loop that asks | the loop ends after the current round, and the cell continues |
// | a loop that never asks, or a cell that waits | after a second or two, a red box says that Stop ended the cell; your variables are kept, unless the box says that the kernel was restarted |
//
// After a restart of the kernel, by ■ or by you (*Kernel → Restart Kernel*), the variables are gone, but your
// text is not: run the cells again from the top. A restart also helps when nothing makes sense any more.
//
// ## Coming back tomorrow
//
// Save the notebook (Ctrl+S), and end the kit with Ctrl-C in the terminal. Tomorrow `npm start` opens the
// lessons again. Your text, your outputs and your points are kept; your variables are not, so run the cells
// again from the top: *Run → Run All Above Selected Cell* runs everything above the cell where you stopped.
// In the browser edition, open the same page in the same browser.

// %% [markdown]
// ## A tensor
//
// Networks compute with **tensors**: grids of numbers. The **shape** of a tensor is the number of values along
// each axis. This tensor has 2 rows and 3 columns:

// %%
const small = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
await showTable([
  { tensor: "small", shape: `[${small.shape.join(", ")}]`, values: (await small.data()).join(" ") },
]);

// %% [markdown]
// `await small.data()` brings the values back to TypeScript, as a flat array, row after row. Only the shape says
// where a row ends. To look at a tensor quickly, `small.print()` prints it, and `console.log(small.shape)` prints
// its shape: try both in the cell above.
//
// ## An image is a tensor
//
// A color image has three axes: height, width and three **channels**, red, green and blue. Let us create an
// image of 32×32 pixels. Red increases from left to right, green from top to bottom, and blue is 64 everywhere.
// Each value is a byte, 0 to 255.

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
// The array begins with the first row: red, green and blue of the first pixel, then red, green and blue of the
// second pixel, and so on. The last axis, the channels, changes fastest.
//
// A network takes many images at once, a **batch**, so there is one more axis in front:
// `[number, height, width, channels]`, **NHWC** for short. Papers and PyTorch use **NCHW**: all red values
// first, then all green ones, then all blue ones. Here is the same image in both orders:

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
// Red is 0, 8, 16, ... along the first row. In NHWC every third value is red; in NCHW the red values are next
// to each other.
//
// ## Computing
//
// An operation takes tensors and creates a new one. Here is the mean of each channel over height and width,
// which are axes 1 and 2. The image is as red as it is green:

// %%
const channelMeans = tf.mean(batch, [1, 2]);
await showTable([{
  shape: `[${channelMeans.shape.join(", ")}]`,
  "mean of red, green, blue": Array.from(channelMeans.dataSync()).join(", "),
}]);

// %% [markdown]
// JavaScript frees the memory of its own objects, but not that of tensors. `tf.tidy` does: when its function
// ends, it frees every tensor that was created inside, except for the returned one. The next cell creates
// several tensors, and one remains:

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
// In the lessons you write the parts yourself, and a check tests them. It tests one property after another: a
// wrong property costs only its own points, and often the check recognizes the mistake.
//
// Suppose that somebody wants the index of row `y`, column `x` and channel `c` in the flat array, and writes the
// function below, which is wrong. (A failed check makes its cell fail; here the error is caught, so that the
// lesson continues.)

// %%
function wrongIndex(y: number, x: number, c: number): number {
  return y * 32 + x + c;
}

const failure = await check("pixel_index", wrongIndex).catch((error: Error) => error.message);
await showText(`The red box would say: ${failure}`);

// %% [markdown]
// Read the line with the arrow → first: it says what to do next. Check as often as you like: your best score
// counts.
//
// ## A hint
//
// Are you stuck? Each exercise has hints, from a nudge to nearly the whole answer. Run this cell once for the
// first hint, and again for the second. In later lessons, add a cell like this one yourself; the output of
// the check contains the name of the exercise. Hints cost no points.
//
// To start an exercise again, run `npx deno task reset pixel_index` in a terminal, with the name of the exercise:
// the cell gets its original text back, and your answer is kept in a file.

// %%
await hint("pixel_index");

// %% [markdown] exercise="pixel_index"
// Now write the correct function. What is the index in `gradient` of channel `c` of the pixel in row `y` and
// column `x`? All three count from 0: `pixelIndex(0, 0, 0)` is 0, and `pixelIndex(0, 0, 2)`, the blue value of
// the first pixel, is 2.
//
// **Replace the lines `// YOUR CODE HERE` and `throw ...` with your answer**, run the cell, then run the check
// below it. Run both once before you write anything: the check says "not written yet".

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
// Is the line `throw new Error("not implemented");` still there? Did you run the cell after your last change?
// A change has no effect until its cell runs.
//
// </details>
// <details><summary>One pixel to the right gives 1 instead of 3</summary>
//
// Two neighboring pixels are three values apart: red, green and blue.
//
// </details>
// <details><summary>One row down gives 3, and one pixel to the right gives 96</summary>
//
// `x` and `y` are swapped. The row comes first: `y`, then `x`, then `c`.
//
// </details>

// %% [markdown]
// ## How long will it take?
//
// Only training takes minutes, and a **budget** limits the number of images: `quick` shows that training works,
// `lesson` lets a network learn, and `paper` is the whole schedule of the paper. Each step of training uses one
// batch.

// %%
await showTable(["quick", "lesson", "paper"].map((name) => {
  const { steps, batchSize, testImages } = budget(name);
  return {
    budget: name,
    steps,
    "images in a batch": batchSize,
    "steps × images": steps * batchSize,
    "test images": testImages,
  };
}));
await showText(`Your budget: "${budget().name}".`);

// %% [markdown]
// Before a long training run, a cell estimates the time on your machine. To choose another budget, write
// `budget("quick")` there, or set the environment variable `RESIDUAL_BUDGET` before you start the notebooks.
//
// ## Your progress
//
// Your points are kept in the kit's folder, in `progress.json`, and nowhere else.

// %%
await progress();

// %% [markdown]
// ## Quiz
//
// 1. A cell has the mark `[7]` and shows nothing. Has it failed?
//    <details><summary>Answer</summary>No. It was the seventh to run, and it has no output. A cell that
//    failed shows a red box.</details>
// 2. A cell has had the mark `[*]` for a while. What are the two possible reasons?
//    <details><summary>Answer</summary>It is running, or it waits for another cell to finish.</details>
// 3. You press ■, and the red box says that the kernel was restarted. What is lost?
//    <details><summary>Answer</summary>The variables. The notebook and your points are kept. Run the
//    cells again from the top.</details>
// 4. A tensor has the shape `[128, 32, 32, 3]`. What is it, most likely?
//    <details><summary>Answer</summary>A batch of 128 color images of 32×32 pixels, in the order
//    NHWC.</details>
// 5. How many numbers are in it?
//    <details><summary>Answer</summary>128 · 32 · 32 · 3 = 393,216.</details>
//
// ## Summary
//
// - Shift+Enter runs a cell. A number in the brackets and no red box mean success.
// - ■ stops a cell and keeps your variables. After a restart, run the cells from the top.
// - A tensor is numbers with a shape. Images are NHWC here: the channels change fastest.
// - `check` says what is wrong, `hint` says what to try, and `progress` shows how far you are.
//
// **Next:** lesson 1, the 60,000 photos.
//
// **Reading:** TensorFlow.js's guide
// [Tensors and operations](https://www.tensorflow.org/js/guide/tensors_operations), for tensors, their
// shapes and their memory.
