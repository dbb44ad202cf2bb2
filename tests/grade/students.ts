/** The class of the grader's tests: each submission with the points that it must get. */
import { fileURLToPath } from "node:url";
import { type Course, kitUrl } from "../../tools/grade/course.ts";
import { readLesson } from "../../tools/lessons/build.ts";
import {
  type Notebook,
  type NotebookCell,
  notebookText,
  toNotebook,
} from "../../tools/lessons/notebook.ts";
import { withoutAnswers } from "../../tools/lessons/parse.ts";
import { pointsOf } from "../../lib/checks/exercise.ts";
import { learnersAnswers } from "../checks/answers/learners.ts";
import { ATTACKS, type Canary } from "./attacks.ts";
import { SCALED, TWICE } from "./course/answers.ts";
import { EXERCISES } from "./course/exercises.ts";

/** The tests' own course. */
export const COURSE: Course = {
  root: fileURLToPath(new URL("course", import.meta.url)),
  exercises: EXERCISES,
  exercisesModule: new URL("course/exercises.ts", import.meta.url).href,
};

/** A notebook that was handed in, and what is expected of its grading. */
export interface Student {
  readonly name: string;
  readonly lesson: "01_numbers" | "05_identity_block";
  readonly text: string;
  /** The points of each exercise. */
  readonly points: Readonly<Record<string, number>>;
  /** What must be among the notices and reasons. */
  readonly says?: RegExp;
  /** The mistakes that must be recognized. */
  readonly mistakes?: readonly string[];
}

/** A lesson's notebook as it is handed out. */
export async function handedOut(lesson: string): Promise<Notebook> {
  const facts = new Map([...EXERCISES].map(([id, e]) => [id, { ...e, points: pointsOf(e) }]));
  const { cells } = await readLesson({ root: COURSE.root, exercises: facts }, lesson);
  return toNotebook(lesson, cells.map(withoutAnswers));
}

/** The same with answers in it. */
export function filled(notebook: Notebook, answers: Readonly<Record<string, string>>): Notebook {
  const copy = structuredClone(notebook);
  for (const cell of copy.cells) {
    const answer = answers[cell.metadata.nbgrader?.grade_id ?? ""];
    if (answer !== undefined) cell.source = [answer];
  }
  return copy;
}

/** The whole class. */
export async function students(canary: Canary): Promise<Student[]> {
  const numbers = await handedOut("01_numbers");
  const identity = await handedOut("05_identity_block");
  const all: Student[] = [];
  const add = (
    name: string,
    answers: Readonly<Record<string, string>>,
    [scaled, twice]: readonly [number, number],
    rest: Partial<Student> & { change?: (notebook: Notebook) => void } = {},
  ) => {
    const { change, ...expected } = rest;
    const notebook = filled(numbers, answers);
    change?.(notebook);
    const points = { scaled, twice };
    all.push({ name, lesson: "01_numbers", text: notebookText(notebook), points, ...expected });
  };
  const cell = ({ cells }: Notebook, id: string) =>
    cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id)!;
  const remove = (notebook: Notebook, id: string) => {
    notebook.cells = notebook.cells.filter((other) => other !== cell(notebook, id));
  };
  const right = { scaled: SCALED, twice: TWICE };

  // Honest ones.
  add("full", right, [3, 3]);
  add("empty", {}, [0, 0], { says: /not written yet/ });
  add("first only", { scaled: SCALED }, [3, 0]);
  add("second without first", { twice: TWICE }, [0, 0]);
  add("second by itself", { twice: "const twice = (x: number) => 9 * x;" }, [0, 3]);
  add("added", { scaled: SCALED.replace("*", "+") }, [0, 0], { mistakes: ["added"] });
  add("forgotten", { scaled: "const scaled = (x: number) => x;" }, [1, 0], {
    mistakes: ["forgotten"],
  });
  add("squared", { scaled: "const scaled = (x: number) => x * x;" }, [1, 0], {
    mistakes: ["squared"],
  });
  add("once", { ...right, twice: "const twice = scaled;" }, [3, 1], { mistakes: ["once"] });
  add("six", { ...right, twice: "const twice = (x: number) => 6 * x;" }, [3, 1], {
    mistakes: ["six"],
  });
  add("own helper", {
    ...right,
    scaled: "const three = () => 3;\nexport function scaled(x: number) { return three() * x; }",
  }, [3, 3]);
  // What stands beside the answers: a notebook runs it.
  const withHelper = { ...right, scaled: SCALED.replace("factors[0]!", "three()") };
  /** A cell of the student's own, above the one of that name. */
  const own = (above: string, source: string, id = "own") => (n: Notebook) => {
    const added: NotebookCell = {
      cell_type: "code",
      id,
      metadata: {},
      outputs: [],
      source: [source],
    };
    n.cells.splice(n.cells.indexOf(cell(n, above)), 0, added);
  };
  const HELPER = `const table: number[] = [];
let times = 0;
for (let i = 0; i < 3; i++) table.push(i);
for (const _ of table) times++;
function three(): number { return times; }
throw new Error("a slip");`;
  add("helper in a cell of its own", withHelper, [3, 3], { change: own("scaled", HELPER) });
  const TABLE = "const table: number[] = [];\nconst three = () => table.length;";
  for (
    const fill of [
      "for (let i = 0; i < 3; i++) table.push(i);",
      "function fill(list: number[]) { list.push(1, 2, 3); }\nfill(table);",
      "const length = table.push(1, 2, 3);",
      "if (table.length === 0) table.length = 3;",
      "[1, 2, 3].forEach((n) => { table.push(n); });",
      "tf.tidy(() => { table.push(1, 2, 3); });",
      "Object.assign(table, [1, 2, 3]);",
      "function fill() { table.push(1, 2, 3); }\nfill();",
      "const more = () => table.push(1);\nfunction fill() { more(); more(); more(); }\nfill();",
      "const resize = (n: number) => { table.length = n; return n; };\nconst n = resize(3);",
    ]
  ) {
    add(`table filled in the next cell: ${fill}`, withHelper, [3, 3], {
      change: (n) => {
        own("scaled", TABLE, "table")(n);
        own("scaled", fill, "fill")(n);
      },
    });
  }
  add("helper below its answer", withHelper, [3, 3], { change: own("check_scaled", HELPER) });
  add(
    "helper below the answer that calls it at once",
    { ...right, scaled: "const factor = three();\nconst scaled = (x: number) => factor * x;" },
    [0, 0],
    { change: own("check_scaled", HELPER), says: /three is not defined/ },
  );
  add("helper below its check", withHelper, [0, 3], {
    change: own("check_twice", HELPER),
    says: /three is not defined/,
  });
  add("helper in the lesson's own cell", withHelper, [3, 3], {
    change: (n) => {
      const plain = n.cells.find(({ cell_type, metadata }) =>
        cell_type === "code" && metadata.nbgrader === undefined
      )!;
      plain.source.push("\nconst three = () => 3;");
    },
  });
  add("an answer's cell cut in two", withHelper, [3, 3], {
    // As JupyterLab splits a cell: the upper half is a copy of it.
    change: (n) => {
      const upper = { ...structuredClone(cell(n, "scaled")), id: "upper", source: [HELPER] };
      n.cells.splice(n.cells.indexOf(cell(n, "scaled")), 0, upper);
    },
  });
  add("answer in a cell below the stub", { twice: TWICE }, [3, 3], {
    change: own("check_scaled", SCALED),
  });
  add("answer in a cell of its own, its place deleted", { twice: TWICE }, [3, 3], {
    change: (n) => {
      own("check_scaled", SCALED)(n);
      remove(n, "scaled");
    },
    says: /answer scaled was deleted/,
  });
  add("answer in a cell of its own, its place broken", { ...right, scaled: "function scaled(" }, [
    3,
    3,
  ], { change: own("check_scaled", SCALED) });
  add("helper mended below its answer", withHelper, [3, 3], {
    change: (n) => {
      own("scaled", "const three = () => 4;", "first")(n);
      own("check_scaled", "const three = () => 3;", "mended")(n);
    },
  });
  add(
    "helper mended too late for its answer",
    {
      ...right,
      scaled: "const factor = three();\nconst scaled = (x: number) => factor * x;",
    },
    [1, 1],
    {
      change: (n) => {
        own("scaled", "const three = () => 4;", "first")(n);
        own("check_scaled", "const three = () => 3;", "mended")(n);
      },
    },
  );
  add("helper below a copy of the check", withHelper, [3, 3], {
    change: (n) => {
      n.cells.unshift({ ...structuredClone(cell(n, "check_scaled")), id: "copy" });
      own("scaled", HELPER)(n);
    },
    says: /check check_scaled is there 2 times/,
  });
  add("helper longer than a book", withHelper, [0, 0], {
    change: own("scaled", `${HELPER}\n// ${"x".repeat(50_000)}`),
    says: /own was left out: it has 50\d{3} characters, expected at most 50000/,
  });
  add("answer longer than a book", { scaled: `${SCALED}\n//${" ".repeat(400_000)}x` }, [0, 0], {
    says: /answer scaled was left out: it has \d+ characters/,
  });
  add("statements without number", right, [3, 3], {
    change: own("scaled", "1;\n".repeat(2_001)),
    says: /only the first 0 .* were read: together the cells have more than 2000 statements/,
  });
  add("broken scratch cells", right, [3, 3], {
    change: (n) => {
      own("scaled", "const scaled = = 3;", "a")(n);
      own("scaled", 'import fs from "node:fs";\nfs.writeFileSync("x", "x");', "b")(n);
      own("check_scaled", "while (true) scaled(1);", "c")(n);
    },
  });
  add("scratch cells without number", right, [3, 3], {
    change: (n) => {
      for (let i = 0; i < 250; i++) own("scaled", `const scratch${i} = ${i};`, `own${i}`)(n);
    },
    says: /only the first 200 .* were read: expected at most 200 cells/,
  });
  add("imports again", {
    ...right,
    scaled:
      'import { tf, type Conv2d } from "residual";\nimport assert from "node:assert/strict";\n' +
      "assert.ok(tf);\nfunction scaled(x: number): number { const c: Conv2d | 0 = 0; return 3 * x + +!!c; }",
  }, [3, 3]);
  add("hides a name of the kit's", {
    ...right,
    scaled: "const tf = 3;\nconst factors = [tf];\n" + SCALED,
  }, [3, 3]);
  add(
    "tries it out",
    {
      ...right,
      scaled:
        `${SCALED}\nconsole.log(scaled(2));\nawait Promise.resolve();\nthrow new Error("oops");`,
    },
    [3, 3],
    { says: /the cell threw Error: oops/ },
  );
  add("tries it on something that is not there", {
    ...right,
    scaled: `${SCALED}\nconsole.log(scaled(notThere[0]), tf.scalar(scaled(1)));`,
  }, [3, 3]);
  add(
    "declares values that cannot be computed here",
    {
      ...right,
      scaled:
        "const sample = notThere.image(7);\nconst { a, b: [c = 1, ...d], ...e } = notThere;\n" +
        "const [] = notThere;\nlet f = notThere, { g } = { g: 3 }, h;\nvar i = () => g, j = notThere;\n" +
        "const k = () => i(), l = k();\nfunction scaled(x: number) { return (l * x * g) / i(); }",
    },
    [3, 3],
    { says: /the cell threw ReferenceError: notThere is not defined/ },
  );
  add("types beside values of the same name", {
    ...right,
    scaled: `const Factor = { three: 3 } as const;\ntype Factor = typeof Factor;\n` +
      `interface Factor2 { x: number }\ndeclare const elsewhere: number;\n` +
      "const scaled = (x: number) => Factor.three * x;",
  }, [3, 3]);
  add("a type error", { ...right, scaled: SCALED.replace("3", '"3"') + "\nlet n: number = 'x';" }, [
    3,
    3,
  ]);
  add("not TypeScript", { ...right, scaled: "def scaled(x):\n    return 3 * x" }, [0, 0], {
    says: /Syntax error in line/,
  });
  add("breaks out of its block", { ...right, scaled: `}}\n${SCALED}\n{{` }, [0, 0], {
    says: /Syntax error in line/,
  });
  add("wrong only for some", { scaled: "const scaled = (x: number) => x > 0 ? 3 * x : 0;" }, [
    1,
    0,
  ]);

  // What is done to cells.
  add("edited check", right, [3, 3], {
    change: (n) => void (cell(n, "check_scaled").source = ["1 + 1;"]),
    says: /check check_scaled was edited/,
  });
  add("edited check without answer", {}, [0, 0], {
    change: (n) => void (cell(n, "check_scaled").source = ["const passed = true;"]),
    says: /check check_scaled was edited/,
  });
  add("deleted check", right, [3, 3], {
    change: (n) => remove(n, "check_twice"),
    says: /check check_twice was deleted/,
  });
  add("doubled check", right, [3, 3], {
    change: (n) => void n.cells.push(structuredClone(cell(n, "check_twice"))),
    says: /check check_twice is there 2 times/,
  });
  add("deleted answer", right, [0, 0], {
    change: (n) => remove(n, "scaled"),
    says: /answer scaled was deleted/,
  });
  add("doubled answer, copy worked in", { twice: "const twice = (x: number) => 9 * x;" }, [3, 3], {
    change: (n) => {
      const copy = { ...structuredClone(cell(n, "scaled")), id: "copy" };
      n.cells.push({ ...copy, source: [SCALED] });
    },
    says: /answer scaled is there 2 times; the last that was worked in/,
  });
  add("doubled answer, both worked in", right, [3, 3], {
    change: (n) => {
      const copy = { ...structuredClone(cell(n, "scaled")), id: "copy" };
      n.cells.unshift({ ...copy, source: ["const scaled = 1;"] });
    },
    says: /answer scaled is there 2 times; the original was graded/,
  });
  add("metadata lost", right, [3, 3], {
    change: (n) => n.cells.forEach((c) => void (c.metadata = {})),
  });
  add("ids lost", right, [3, 3], {
    change: (n) => n.cells.forEach((c, i) => void (c.id = `${i}`)),
  });
  add("answer turned to text", right, [0, 0], {
    change: (n) => void (cell(n, "scaled").cell_type = "markdown"),
    says: /answer scaled is a markdown cell/,
  });
  add("all cells deleted", right, [0, 0], { change: (n) => void (n.cells = []), says: /deleted/ });
  const { cells, ...rest3 } = filled(numbers, right);
  const inputs = cells.map(({ source, ...cell }) =>
    cell.cell_type === "code" ? { ...cell, input: source } : { ...cell, source }
  );
  add("notebook of format 3", right, [3, 3], {
    text: JSON.stringify({ ...rest3, nbformat: 3, worksheets: [{ cells: inputs }] }),
  });
  add("points in metadata", { scaled: SCALED.replace("*", "+") }, [0, 0], {
    change: (n) => void (cell(n, "check_scaled").metadata.nbgrader!.points = 100),
  });
  for (
    const [name, text] of [
      ["malformed JSON", notebookText(numbers).slice(0, -40)],
      ["no bytes", ""],
      ["JSON of another kind", "[1, 2]"],
      ["null", "null"],
      ["cells of another kind", '{"cells": [null, 1, "x", {"source": {}}]}'],
    ] as const
  ) {
    add(name, {}, [0, 0], { text, says: /not a notebook|deleted/ });
  }
  all.push({
    name: "named as another lesson",
    lesson: "01_numbers",
    text: notebookText(identity),
    points: { res_identity: 0 },
    says: /the file is named "01_numbers.ipynb", but its metadata says lesson 05_identity_block/,
  });

  // An exercise of the kit's: all answers that its check is tested with.
  const addIdentity = (name: string, source: string, points: number, rest?: Partial<Student>) => {
    const text = notebookText(filled(identity, { res_identity: source }));
    all.push({
      name,
      lesson: "05_identity_block",
      text,
      points: { res_identity: points },
      ...rest,
    });
  };
  for (const { name, source, points, mistake } of await learnersAnswers()) {
    const rest = mistake === undefined ? {} : { mistakes: [mistake] };
    addIdentity(`block, ${name}`, source, points, rest);
  }
  addIdentity("block, the kit's own by import", 'import { ResIdentity } from "residual";', 0, {
    says: /the kit's own ResIdentity/,
  });
  addIdentity(
    "block, the kit's own in a class",
    'import { ResIdentity as Kit } from "residual";\nclass ResIdentity extends Kit {}',
    0,
    { says: /the kit's own ResIdentity/ },
  );
  addIdentity(
    "block, the kit's own out of a model",
    'import { resnet20, type Block } from "residual";\n' +
      "const Kit = resnet20().layers[4]!.constructor as unknown as new (ni: number) => Block;\n" +
      "class ResIdentity extends Kit {}",
    0,
    { says: /the kit's own ResIdentity/ },
  );
  addIdentity(
    "block, the kit's own out of TensorFlow.js and hidden",
    `const Kit = (tf.serialization.SerializationMap as any).getMap().classNameMap["ResIdentity"][0];
class ResIdentity extends Block {
  readonly inner: Block;
  constructor(readonly ni: number) {
    super({ ni });
    this.inner = new Kit(ni);
  }
  override get parts(): ReadonlyMap<string, tf.layers.Layer> {
    return new Map();
  }
  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.inner(x);
  }
}`,
    0,
    { says: /the kit's own (ResIdentity|BasicBlock)/ },
  );
  addIdentity(
    "block, made-up kernels",
    `class ResIdentity extends Block {
  readonly norms: BatchNorm[];
  private reads = 0;
  constructor(readonly ni: number) {
    super({ ni });
    this.norms = [new BatchNorm(ni), new BatchNorm(ni)];
  }
  override get trainableWeights(): tf.LayerVariable[] {
    const { ni } = this;
    const shape = ni > 10 || this.reads++ < 2 ? [3, 3, ni, ni] : [-1, -1, ni, ni];
    const kernel: any = { originalName: "kernel", shape, write() {}, dispose() {} };
    return [kernel, kernel, ...super.trainableWeights];
  }
  forward(x: tf.Tensor4D): tf.Tensor4D {
    const zeros = tf.zerosLike(x);
    this.norms[0]!(zeros);
    return tf.relu(tf.add(this.norms[1]!(zeros), x));
  }
}`,
    0,
    { says: /expected a weight made by addWeight/ },
  );
  const kitFile = kitUrl("lib/blocks/res_identity.ts");
  addIdentity("block, imports its file", `import { ResIdentity } from "${kitFile}";`, 0, {
    says: /the code imports ".*"; an answer can import only residual/,
  });
  addIdentity(
    "block, loads its file",
    `const { ResIdentity } = await import("${kitFile}");`,
    0,
    { says: /the code loads other code/ },
  );

  for (const { name, source, points, says } of ATTACKS(canary)) {
    add(`attack: ${name}`, { scaled: source }, [points, 0], says === undefined ? {} : { says });
  }
  return all;
}
