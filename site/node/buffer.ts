/** `node:buffer`. */
export { Buffer } from "buffer/";
