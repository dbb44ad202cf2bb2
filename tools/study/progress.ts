/** `npx deno task progress`: the lessons with what is done of them, in a terminal. */
import { progress } from "../../lib/checks/mod.ts";

await progress();
