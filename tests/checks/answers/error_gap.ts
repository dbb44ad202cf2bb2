// Answers to error_gap: right ones, and each mistake that its check knows.
import type { Answers } from "./answers.ts";

interface Curve {
  step: number[];
  loss: number[];
  accuracy: number[];
}

interface Gap {
  step: number[];
  gap: number[];
  final: number;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function asTheLesson(plain: Curve, residual: Curve, lastSteps: number): Gap {
  const step = plain.step.filter((at) => residual.step.includes(at));
  const error = (curve: Curve, at: number) => 1 - curve.accuracy[curve.step.indexOf(at)]!;
  const gap = step.map((at) => 100 * (error(plain, at) - error(residual, at)));
  const lastStep = step[step.length - 1]!;
  return { step, gap, final: mean(gap.filter((_, i) => step[i]! > lastStep - lastSteps)) };
}

function withMap(plain: Curve, residual: Curve, lastSteps: number) {
  const accuracies = new Map(residual.step.map((at, i) => [at, residual.accuracy[i]!]));
  const gap = new Float64Array(plain.step.filter((at) => accuracies.has(at)).length);
  const step: number[] = [];
  plain.step.forEach((at, i) => {
    const other = accuracies.get(at);
    if (other === undefined) return;
    gap[step.length] = (other - plain.accuracy[i]!) * 100;
    step.push(at);
  });
  let [sum, count] = [0, 0];
  for (let i = step.length - 1; i >= 0 && step[i]! > step.at(-1)! - lastSteps; i--) {
    sum += gap[i]!;
    count++;
  }
  return { step, gap, final: sum / count };
}

/** The answer with each gap changed, and `final` as it should be. */
function changed(change: (gap: number) => number) {
  return (plain: Curve, residual: Curve, lastSteps: number): Gap => {
    const { step, gap } = asTheLesson(plain, residual, lastSteps);
    const changed = gap.map(change);
    const last = step[step.length - 1]! - lastSteps;
    return { step, gap: changed, final: mean(changed.filter((_, i) => step[i]! > last)) };
  };
}

/** The answer with another `final`. */
function ending(final: (gap: number[], lastSteps: number) => number) {
  return (plain: Curve, residual: Curve, lastSteps: number): Gap => {
    const right = asTheLesson(plain, residual, lastSteps);
    return { ...right, final: final(right.gap, lastSteps) };
  };
}

export const answers: Answers = {
  right: { "as the lesson has it": asTheLesson, "with a map and typed arrays": withMap },
  wrong: {
    wrong_sign: changed((gap) => -gap),
    no_sign: changed(Math.abs),
    not_in_points: changed((gap) => gap / 100),
    loss_for_error: (plain: Curve, residual: Curve, lastSteps: number) =>
      asTheLesson(
        { ...plain, accuracy: plain.loss.map((loss) => -loss) },
        { ...residual, accuracy: residual.loss.map((loss) => -loss) },
        lastSteps,
      ),
    places_for_steps: (plain: Curve, residual: Curve, lastSteps: number) => {
      const places = Math.min(plain.step.length, residual.step.length);
      const step = plain.step.slice(0, places);
      return asTheLesson({ ...plain, step }, { ...residual, step }, lastSteps);
    },
    last_value: ending((gap) => gap[gap.length - 1]!),
    mean_of_all: ending(mean),
    one_step_more: (plain: Curve, residual: Curve, lastSteps: number) => {
      const { step, gap } = asTheLesson(plain, residual, lastSteps);
      const first = step.at(-1)! - lastSteps;
      return { step, gap, final: mean(gap.filter((_, i) => step[i]! >= first)) };
    },
    places_counted: ending((gap, lastSteps) => mean(gap.slice(-lastSteps))),
  },
};
