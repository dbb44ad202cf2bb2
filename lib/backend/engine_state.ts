/**
 * Restores TensorFlow.js's engine after code was terminated in `tf.tidy`, `tf.grad` or an operation. Otherwise the
 * engine would go on as if it were still inside: it would not dispose of tensors or compute gradients.
 */
import * as tf from "@tensorflow/tfjs";
import { restoreAfterTermination } from "./termination.ts";

restoreAfterTermination(() => {
  const engine = tf.engine();
  const { state } = engine;
  const { activeTape, gradientDepth, kernelDepth, profiling } = state;
  const scopes = state.scopeStack.length;
  const moves = state.numDataMovesStack.length;
  return () => {
    // A tape keeps the inputs of operations for the gradient.
    const isOuterTape = activeTape !== null && activeTape !== undefined;
    const restoreDisposal = tolerateHalfDisposed(engine.backend);
    try {
      for (const { saved } of isOuterTape ? [] : state.activeTape ?? []) tf.dispose(saved ?? []);
      while (state.scopeStack.length > scopes) engine.endScope();
    } finally {
      restoreDisposal();
    }
    state.numDataMovesStack.length = Math.min(moves, state.numDataMovesStack.length);
    Object.assign(state, { activeTape, gradientDepth, kernelDepth, profiling });
  };
});

/**
 * Lets a backend ignore values that it no longer has: the termination may have come when the backend had freed a
 * tensor's values and the engine did not know it yet. Returns a function that makes these an error again.
 */
function tolerateHalfDisposed(backend: tf.KernelBackend): () => void {
  const { disposeData } = backend;
  backend.disposeData = (...values) => {
    try {
      return disposeData.apply(backend, values);
    } catch {
      return true;
    }
  };
  return () => {
    backend.disposeData = disposeData;
  };
}
