/** In place of packages that cannot run in a browser. */
throw new Error("This package does not run in a browser.");
export default {};
