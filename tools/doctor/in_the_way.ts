/** Finds the environment variable that keeps something from working. */

/** Variables without which no program is expected to work. */
const NEEDED = ["HOME", "PATH", "USER", "LOGNAME", "RESIDUAL_NODE"];

/**
 * The variable with which `works` begins to fail, where it works with none but the needed ones. It takes
 * one try, and one more for each doubling of the number of variables.
 *
 * @param works Tries it in an environment.
 */
export async function variableInTheWay(
  environment: Readonly<Record<string, string>>,
  works: (environment: Record<string, string>) => Promise<boolean>,
): Promise<string | undefined> {
  const needed = Object.entries(environment).filter(([name]) => NEEDED.includes(name));
  const others = Object.entries(environment).filter(([name]) => !NEEDED.includes(name));
  const worksWith = (count: number) =>
    works(Object.fromEntries([...needed, ...others.slice(0, count)]));
  if (!await worksWith(0)) return undefined;
  let [working, failing] = [0, others.length];
  while (failing - working > 1) {
    const middle = Math.floor((working + failing) / 2);
    if (await worksWith(middle)) working = middle;
    else failing = middle;
  }
  return others[working]?.[0];
}
