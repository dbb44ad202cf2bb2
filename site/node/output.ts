/** In place of lib/checks/output.ts: limits what a learner's code prints while a check calls it. */

const MOST_LINES = 40;
const METHODS = ["log", "info", "debug", "warn", "error"] as const;

/** What counts the prints of the check that runs. */
let limit: { lines: number; leftOut: number } | undefined;

// A learner's code may have taken one of these before the check: `const log = console.log`.
for (const method of METHODS) {
  const print = console[method];
  console[method] = (...values: unknown[]) => {
    if (limit === undefined || limit.lines++ < MOST_LINES) Reflect.apply(print, console, values);
    else limit.leftOut++;
  };
}

/** Runs `work` with a limit on what is printed meanwhile, and says how much was left out. */
export async function limitOutput<T>(work: () => Promise<T>): Promise<T> {
  if (limit !== undefined) return await work();
  const own = limit = { lines: 0, leftOut: 0 };
  try {
    return await work();
  } finally {
    limit = undefined;
    const { leftOut } = own;
    if (leftOut > 0) {
      const count = `${leftOut.toLocaleString("en-US")} ${leftOut === 1 ? "output" : "outputs"}`;
      console.log(`… ${count} of your code left out: a check may call it thousands of times.`);
    }
  }
}
