/** Loads the native backend and runs one operation; prints 3,3,3,3 when it computes. */
const util = require("node:util");
// tfjs-node calls two functions that Node 23 and Deno have removed.
if (!("isNullOrUndefined" in util)) {
  Object.assign(util, {
    isNullOrUndefined: (/** @type {unknown} */ value) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}
const tf = require("@tensorflow/tfjs-node");
const three = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync());
console.log(tf.getBackend(), Array.from(three).join(","));
