/** Repairs TensorFlow.js's engine after code was terminated. */
import * as tf from "@tensorflow/tfjs";

/**
 * Remembers the state of the engine: the open scopes and the tape of a gradient.
 *
 * A time limit terminates code without running its `finally` blocks. If this happens in `tf.tidy`, `tf.grad` or
 * an operation, the engine goes on as if it were still inside: tensors are never disposed of, and gradients
 * cannot be computed.
 *
 * @returns A function that disposes of the tensors of all scopes opened since, and restores the state.
 */
export function rememberEngine(): () => void {
  const engine = tf.engine();
  const { state } = engine;
  const { activeTape, gradientDepth, kernelDepth, profiling } = state;
  const scopes = state.scopeStack.length;
  const moves = state.numDataMovesStack.length;
  return () => {
    // A tape keeps the inputs of operations for the gradient.
    const isOuterTape = activeTape !== null && activeTape !== undefined;
    for (const { saved } of isOuterTape ? [] : state.activeTape ?? []) tf.dispose(saved ?? []);
    while (state.scopeStack.length > scopes) engine.endScope();
    state.numDataMovesStack.length = Math.min(moves, state.numDataMovesStack.length);
    Object.assign(state, { activeTape, gradientDepth, kernelDepth, profiling });
  };
}
