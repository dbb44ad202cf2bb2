/** In place of lib/checks/output.ts: limits what a learner's code prints while a check calls it. */

const MOST_LINES = 40;
const METHODS = ["log", "info", "debug", "warn", "error"] as const;

/** Runs `work` with a limit on what is printed meanwhile, and says how much was left out. */
export async function limitOutput<T>(work: () => Promise<T>): Promise<T> {
  let [lines, leftOut] = [0, 0];
  const own = METHODS.map((method) => console[method]);
  for (const [i, method] of METHODS.entries()) {
    console[method] = (...values: unknown[]) => {
      if (lines++ < MOST_LINES) Reflect.apply(own[i]!, console, values);
      else leftOut++;
    };
  }
  try {
    return await work();
  } finally {
    for (const [i, method] of METHODS.entries()) console[method] = own[i]!;
    if (leftOut > 0) {
      const count = `${leftOut.toLocaleString("en-US")} ${leftOut === 1 ? "output" : "outputs"}`;
      console.log(`… ${count} of your code left out: a check may call it thousands of times.`);
    }
  }
}
