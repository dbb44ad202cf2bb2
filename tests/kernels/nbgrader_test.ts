/** `nbgrader autograde`, on a submission with the mistakes that learners make (drive_nbgrader.py). */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { drive, KERNELS } from "./driver.ts";

interface Stored {
  output_type: string;
  ename?: string;
  evalue?: string;
}

interface Graded {
  released: { status: number; said: string };
  graded: { status: number; said: string };
  points: Record<string, number>;
  outputs: Record<string, Stored[]>;
}

/** Id, role, points and code of each cell. */
const SUBMISSION: [string, "answer" | "check", number, string][] = [
  ["unfinished", "answer", 0, "const double = (x: number) => = x;"],
  ["unfinished-check", "check", 2, "if (double(2) !== 4) throw new Error('double(2) is not 4');"],
  ["throwing", "answer", 0, "throw new RangeError('not written yet');"],
  ["wrong", "answer", 0, "const square = (x: number) => x + x;"],
  ["wrong-check", "check", 3, "if (square(3) !== 9) throw new RangeError('square(3) is not 9');"],
  ["half-check", "check", 2, "const passed = 1; passed / 2"],
  ["right", "answer", 0, "const half = (x: number) => x / 2;"],
  ["right-check", "check", 1, "if (half(4) !== 2) throw new Error('half(4) is not 2');"],
  ["said-check", "check", 1, "if (half(6) !== 3) throw new Error('no'); console.log('well done');"],
];

for (const kernel of KERNELS) {
  Deno.test(`nbgrader grades broken, throwing, half right and right cells on ${kernel}`, async () => {
    const file = Deno.makeTempFileSync({ prefix: "residual-submission-", suffix: ".json" });
    let seen: Graded;
    try {
      Deno.writeTextFileSync(file, JSON.stringify(SUBMISSION));
      seen = await drive<Graded>(kernel, file, "drive_nbgrader.py");
    } finally {
      Deno.removeSync(file);
    }
    const { released, graded, points, outputs } = seen;
    equal(released.status, 0, released.said);
    equal(graded.status, 0, graded.said);
    doesNotMatch(graded.said, /Traceback|KeyError/);
    deepEqual(points, {
      "unfinished-check": 0,
      "wrong-check": 0,
      // In tslab a cell's last value is text on stdout, in which nbgrader looks for no points.
      "half-check": kernel === "deno" ? 0.5 : 2,
      "right-check": 1,
      "said-check": 1,
    });

    const errorOf = (id: string) => {
      const errors = (outputs[id] ?? []).filter(({ output_type: type }) => type === "error");
      equal(errors.length, 1, `${id}: ${JSON.stringify(outputs[id])}`);
      return `${errors[0]?.ename}: ${errors[0]?.evalue}`;
    };
    match(errorOf("unfinished"), /^(Syntax|TypeScript)Error: Expression expected.*line 1/);
    match(errorOf("unfinished-check"), /double/);
    equal(errorOf("throwing"), "RangeError: not written yet");
    equal(errorOf("wrong-check"), "RangeError: square(3) is not 9");
  });
}
