/** Evaluates an answer from the reports of its sandbox. */
import type { Exercise } from "../../../lib/checks/exercise.ts";
import { type CheckResult, compare } from "../../../lib/checks/compare.ts";
import type { Observation, Outcome } from "../../../lib/checks/observe.ts";
import { cut, type Message, readMessage } from "../sandbox/message.ts";
import type { Evaluated, Evaluation } from "./requests.ts";

/** Evaluates an answer. The call and the seed with the fewest points count. */
export function evaluate(
  exercise: Exercise,
  { seeds, calls, reports, stopped, refused }: Evaluation,
): Evaluated {
  const [firstSeed = 0] = seeds;
  if (refused !== undefined) {
    const about = { exercise: exercise.id, seed: firstSeed, outcomes: [], leaked: 0 };
    return { result: compare(exercise, { ...about, refused }), reasons: [refused] };
  }
  const messages = reports.flatMap((report) => readMessage(report) ?? []);
  const last = messages.at(-1);
  const end = stopped ?? (last?.kind === "end" ? last.error : undefined);
  const missing = end ?? "the check did not run";
  let least: CheckResult | undefined;
  for (let call = 0; call < calls; call++) {
    const probes = probesOf(messages, call);
    for (const seed of seeds) {
      const result = checkResultOf(exercise, seed, probes, missing);
      if (least === undefined || result.points < least.points) least = result;
    }
  }
  const thrown = messages.flatMap((message) =>
    message.kind === "note" ? [`the cell threw ${message.text}`] : []
  );
  return {
    result: withShortTexts(least ?? checkResultOf(exercise, firstSeed, [], missing)),
    reasons: [...new Set([...thrown, ...(end === undefined ? [] : [end])])].slice(0, 10),
  };
}

type ProbeReport = Message & { kind: "probe" };

/** The reports about the candidate of one call. */
function probesOf(messages: readonly Message[], call: number): ProbeReport[] {
  const same = messages.find((message) => message.kind === "same" && message.call === call);
  const source = same?.kind === "same" ? same.as : call;
  return messages.flatMap((message) =>
    message.kind === "probe" && message.call === source ? [message] : []
  );
}

/** The result for one seed. `missing` is the reason for missing reports. */
function checkResultOf(
  exercise: Exercise,
  seed: number,
  probes: readonly ProbeReport[],
  missing: string,
): CheckResult {
  const about = { exercise: exercise.id, seed };
  const refused = probes.find(({ observation }) => observation.refused !== undefined);
  if (refused !== undefined) {
    return compare(exercise, { ...refused.observation, ...about, outcomes: [] });
  }
  let leaked = 0;
  const outcomes = exercise.probes.map((_, i): Outcome => {
    const all = probes.filter(({ probe }) => probe === i);
    const found: Observation | undefined = all.find((one) => one.seed === seed)?.observation;
    leaked += found?.leaked ?? 0;
    // After a failure with one seed, the sandbox skips the other seeds.
    const other = all.map(({ observation: { outcomes: [first] } }) => first)
      .find((outcome) => outcome !== undefined && "trouble" in outcome);
    return found?.outcomes[0] ?? other ?? { trouble: missing };
  });
  return compare(exercise, { ...about, outcomes, leaked });
}

/** Names in a learner's code can be extremely long. */
function withShortTexts(result: CheckResult): CheckResult {
  const rows = result.rows.map((row) => ({ ...row, got: cut(row.actual), next: cut(row.next) }));
  return { ...result, rows };
}
