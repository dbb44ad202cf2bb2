/** The answers to `res_identity` as learners hand them in: what they wrote, and what it is worth. */
import { readFileSync } from "node:fs";
import { exerciseById } from "../../../lib/checks/exercises/mod.ts";
import { compare } from "../../../lib/checks/compare.ts";
import { observe } from "../../../lib/checks/observe.ts";
import { startBackend } from "../../../lib/mod.ts";
import { answers } from "./res_identity.ts";

/** One learner's answer. */
export interface LearnersAnswer {
  /** What it is called among the answers. */
  readonly name: string;
  /** What stands in the answer's cell. */
  readonly source: string;
  /** What the check gives, its hidden run at another seed included. */
  readonly points: number;
  /** The named mistake that it makes, if it makes one. */
  readonly mistake?: string;
}

/** Every right and every wrong answer. */
export async function learnersAnswers(): Promise<LearnersAnswer[]> {
  await startBackend();
  const learner = async (name: string, candidate: unknown) => ({
    name,
    source: sourceOf((candidate as { name: string }).name),
    points: await pointsFor(candidate),
  });
  const all: LearnersAnswer[] = [];
  for (const [name, answer] of Object.entries(answers.right)) all.push(await learner(name, answer));
  for (const [name, answer] of Object.entries(answers.wrong)) {
    all.push({ ...await learner(name, answer), mistake: name });
  }
  return all;
}

function sourceOf(name: string): string {
  const source = readFileSync(new URL("res_identity.ts", import.meta.url), "utf8");
  const classes = source.slice(0, source.indexOf("export const answers"))
    .replace("../../../lib/mod.ts", "residual")
    .replace(/^import type .*$/m, "");
  return `${classes}\nclass ResIdentity extends ${name} {}\n`;
}

async function pointsFor(candidate: unknown): Promise<number> {
  const exercise = exerciseById("res_identity");
  const points = [];
  for (const seed of [1, 20]) {
    points.push(compare(exercise, await observe(exercise, candidate, seed)).points);
  }
  return Math.min(...points);
}
