import assert from "node:assert/strict";

interface Output {
  output_type: string;
  text?: string | string[];
  data?: Record<string, unknown>;
}

/** Runs a lesson through Jupyter, as nbconvert does, and returns what each code cell put out. */
async function runLesson(lesson: string, kernel: "deno" | "tslab"): Promise<string[]> {
  await Deno.mkdir("tests/.tmp", { recursive: true });
  const name = `${kernel}_${crypto.randomUUID()}.ipynb`;
  const output = `tests/.tmp/${name}`;
  const { success, stderr } = await new Deno.Command(".venv/bin/python", {
    args: [
      "-m",
      "nbconvert",
      "--to=notebook",
      "--execute",
      `--ExecutePreprocessor.kernel_name=${kernel}`,
      "--ExecutePreprocessor.timeout=400",
      `--output=${name}`,
      "--output-dir=tests/.tmp",
      lesson,
    ],
    env: { RESIDUAL_BUDGET: "quick", JUPYTER_PATH: `${Deno.cwd()}/.venv/share/jupyter` },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const { cells } = JSON.parse(await Deno.readTextFile(output));
  await Deno.remove(output);
  return (cells as { cell_type: string; outputs?: Output[] }[])
    .filter((cell) => cell.cell_type === "code")
    .map(({ outputs = [] }) => outputs.map(textOf).join("\n"));
}

function textOf({ text, data }: Output): string {
  const content = text ?? data?.["text/plain"] ?? "";
  return Array.isArray(content) ? content.join("") : String(content);
}

for (const kernel of ["deno", "tslab"] as const) {
  Deno.test(`lesson 05 runs to its end in the ${kernel} kernel and trains on real images`, async () => {
    const text = (await runLesson("solutions/05_resnet20.ipynb", kernel)).join("\n");
    assert.match(text, /Backend: \w+/);
    assert.match(text, /269,722/);
    assert.match(text, /272,474/);
    const [, before, after] = /loss ([\d.]+) at the start, ([\d.]+) at the end/.exec(text) ?? [];
    assert.ok(Number(after) < Number(before), `loss ${before} → ${after}`);
    const [, accuracy] = /test accuracy ([\d.]+) %/.exec(text) ?? [];
    assert.ok(Number(accuracy) > 15, `accuracy ${accuracy} %, chance is 10 %`);
    assert.match(text, /24 images: /);
  });
}
