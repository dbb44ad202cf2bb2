/** The part of `node:vm` that checks use: a script with a time limit, which the loops' guard watches. */
import { withTimeLimit } from "../kernel/guard.ts";

export class Script {
  readonly #code: string;

  constructor(code: string) {
    this.#code = code;
  }

  runInThisContext({ timeout }: { timeout?: number } = {}): unknown {
    return withTimeLimit(timeout, () => (0, eval)(this.#code) as unknown);
  }
}

export default { Script };
