// What a lesson or a training shows: tables, images, progress, curves, in any front end.
export * from "./display.ts";
export * from "./table.ts";
export * from "./images.ts";
export * from "./progress.ts";
export * from "./curve.ts";
export { sparkline } from "./sparkline.ts";
