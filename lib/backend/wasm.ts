/**
 * Gradients of convolutions on the WebAssembly backend.
 *
 * The backend has no gradient for a convolution's filter, and computes the gradient for its input in plain
 * loops. Both are convolutions themselves (Dumoulin and Visin 2016, section 4), and forward convolutions run
 * in XNNPACK, which is many times faster.
 */
import * as tf from "@tensorflow/tfjs";

type Padding = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
type Shape4D = [number, number, number, number];
/** Rows or columns before and after; a negative number crops. */
type Border = readonly [before: number, after: number];

/** The arguments of both kernels. */
interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: Padding;
}

/** Registers both gradients of `tf.conv2d` on the backend. */
export function registerConvolutionGradients(): void {
  register<ConvolutionAttributes & { readonly inputShape: Shape4D }>(
    "Conv2DBackpropInput",
    ({ dy, filter }, { strides, pad, inputShape }) =>
      inputGradient(dy!, filter!, inputShape, strides, pad),
  );
  register<ConvolutionAttributes & { readonly filterShape: Shape4D }>(
    "Conv2DBackpropFilter",
    ({ x, dy }, { strides, pad, filterShape }) =>
      filterGradient(x!, dy!, filterShape, strides, pad),
  );
}

/** Registers a kernel in place of the backend's own, if there is one. */
function register<Attributes>(
  kernelName: string,
  compute: (inputs: Record<string, tf.Tensor4D>, attributes: Attributes) => tf.Tensor,
): void {
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => compute(inputs as Record<string, tf.Tensor4D>, attrs as unknown as Attributes)),
  });
}

/**
 * The gradient for the input, `inputShape`: the output's gradient, spread by the stride, convolved with the
 * filter rotated by 180°, whose input and output channels change places.
 */
function inputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: Shape4D,
  strides: ConvolutionAttributes["strides"],
  pad: Padding,
): tf.Tensor4D {
  const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad);
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const spread = spreadOut(dy, strideHeight, strideWidth);
  const border = (size: number, kernel: number, before: number, spreadSize: number): Border => {
    const first = kernel - 1 - before;
    return [first, size + kernel - 1 - spreadSize - first];
  };
  const rotated = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
  return convolve(
    spread,
    rotated,
    border(info.inHeight, filterHeight, padInfo.top, spread.shape[1]),
    border(info.inWidth, filterWidth, padInfo.left, spread.shape[2]),
  );
}

/**
 * The gradient for the filter, `filterShape`: the input convolved with the output's gradient, whose values
 * lie a stride apart. The images take the place of the input channels.
 */
function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: Shape4D,
  strides: ConvolutionAttributes["strides"],
  pad: Padding,
): tf.Tensor4D {
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
  const { padInfo, strideHeight, strideWidth, outHeight, outWidth } = info;
  const [kernelHeight, kernelWidth] = filterShape;
  const border = (size: number, kernel: number, before: number, spreadSize: number): Border => [
    before,
    kernel - 1 + spreadSize - size - before,
  ];
  const gradient = convolve(
    tf.transpose(x, [3, 1, 2, 0]),
    tf.transpose(dy, [1, 2, 0, 3]),
    border(info.inHeight, kernelHeight, padInfo.top, (outHeight - 1) * strideHeight + 1),
    border(info.inWidth, kernelWidth, padInfo.left, (outWidth - 1) * strideWidth + 1),
    [strideHeight, strideWidth],
  );
  return tf.transpose(gradient, [1, 2, 0, 3]);
}

/** Puts zeros between the rows and columns, so that they lie a stride apart. */
function spreadOut(dy: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy;
  const [n, height, width, channels] = dy.shape;
  const columns = tf.pad(tf.reshape(dy, [n * height * width, 1, channels]), [
    [0, 0],
    [0, strideWidth - 1],
    [0, 0],
  ]);
  const rows = tf.pad(tf.reshape(columns, [n * height, 1, width * strideWidth * channels]), [
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
  ]);
  const spread = tf.reshape(rows, [n, height * strideHeight, width * strideWidth, channels]);
  // No zeros follow the last row and the last column.
  const size = [n, (height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1, channels];
  return tf.slice(spread, [0, 0, 0, 0], size) as tf.Tensor4D;
}

/** A convolution of stride 1 whose border may also be cropped. */
function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  vertical: Border,
  horizontal: Border,
  dilations: [number, number] = [1, 1],
): tf.Tensor4D {
  const crop = (border: Border) => border.map((size) => Math.max(0, -size)) as [number, number];
  const grow = (border: Border) => border.map((size) => Math.max(0, size)) as [number, number];
  const [top, bottom] = crop(vertical);
  const [left, right] = crop(horizontal);
  const [n, height, width, channels] = x.shape;
  const cropped = top + bottom + left + right === 0
    ? x
    : tf.slice(x, [0, top, left, 0], [n, height - top - bottom, width - left - right, channels]);
  const padding: [[number, number], [number, number], [number, number], [number, number]] = [
    [0, 0],
    grow(vertical),
    grow(horizontal),
    [0, 0],
  ];
  return tf.conv2d(cropped as tf.Tensor4D, filter, 1, padding, "NHWC", dilations);
}
