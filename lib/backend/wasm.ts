/** What the WebAssembly backend lacks before a network can be trained on it. */
import * as tf from "@tensorflow/tfjs";

/** What `Conv2DBackpropFilter` is called with. */
interface FilterGradientAttributes {
  strides: number | [number, number];
  pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  filterShape: [number, number, number, number];
}

/**
 * Registers the gradient of a convolution with respect to its filter, which the backend does not
 * ship: for each place of the filter, the inputs under it times the gradient of the output.
 */
export function registerFilterGradient(): void {
  if (tf.getKernel("Conv2DBackpropFilter", "wasm")) return;
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() =>
        filterGradient(
          inputs["x"] as tf.Tensor4D,
          inputs["dy"] as tf.Tensor4D,
          attrs as unknown as FilterGradientAttributes,
        )
      ),
  });
}

function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  { strides, pad, filterShape }: FilterGradientAttributes,
): tf.Tensor4D {
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
  const { padInfo, strideHeight, strideWidth, outHeight, outWidth } = info;
  const [kernelHeight, kernelWidth, ni, no] = filterShape;
  const padded = tf.pad(x, [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ]) as tf.Tensor4D;
  const rows = info.batchSize * outHeight * outWidth;
  const dyRows = dy.reshape([rows, no]);
  const places: tf.Tensor[] = [];
  for (let i = 0; i < kernelHeight; i++) {
    for (let j = 0; j < kernelWidth; j++) {
      const under = tf.stridedSlice(
        padded,
        [0, i, j, 0],
        [
          info.batchSize,
          i + (outHeight - 1) * strideHeight + 1,
          j + (outWidth - 1) * strideWidth + 1,
          ni,
        ],
        [1, strideHeight, strideWidth, 1],
      );
      places.push(tf.matMul(under.reshape([rows, ni]), dyRows, true, false));
    }
  }
  return tf.stack(places).reshape([kernelHeight, kernelWidth, ni, no]);
}
