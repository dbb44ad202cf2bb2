/** The benchmark's command line. */
import assert from "node:assert/strict";
import path from "node:path";
import { parseOptions } from "../../tools/bench/options.ts";
import { CHECKOUT } from "../../tools/setup/paths.ts";

Deno.test("without options only the kit is measured, with both models in both modes", () => {
  assert.deepEqual(parseOptions([]), {
    models: ["resnet20", "resnet18"],
    modes: ["train", "infer"],
    against: [],
    kernels: false,
    rounds: 7,
    json: false,
    help: false,
  });
});

Deno.test("options accept repeated names and names separated by commas", () => {
  assert.deepEqual(parseOptions(["--against", "keras,pytorch"]).against, ["pytorch", "keras"]);
  assert.deepEqual(parseOptions(["--against=keras", "--against=keras"]).against, ["keras"]);
  assert.deepEqual(parseOptions(["--model", "resnet18"]).models, ["resnet18"]);
  assert.deepEqual(parseOptions(["--mode", "infer"]).modes, ["infer"]);
});

Deno.test("the options rounds, kernels and json are parsed", () => {
  const { rounds, kernels, json } = parseOptions(["--rounds", "9", "--kernels", "--json"]);
  assert.deepEqual([rounds, kernels, json], [9, true, true]);
});

Deno.test("an unknown option or name is refused with the usage", () => {
  const cases: [string[], RegExp][] = [
    [["--fast"], /--fast/],
    [["resnet20"], /resnet20/],
    [["--model", "resnet50"], /--model expects resnet20 or resnet18, got "resnet50"/],
    [["--mode", "both"], /--mode expects train or infer, got "both"/],
    [["--against", "pytorch,jax"], /--against expects pytorch or keras, got "jax"/],
    [["--against", ""], /got ""/],
    [["--model"], /--model/],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => parseOptions(args), message, args.join(" "));
    assert.throws(() => parseOptions(args), /--against NAME[\s\S]*--json/, args.join(" "));
  }
  for (const rounds of ["4", "many", "5.5", ""]) {
    assert.throws(
      () => parseOptions(["--rounds", rounds]),
      new RegExp(`--rounds expects a whole number from 5, got "${rounds}"`),
    );
  }
});

Deno.test("the command reports an invalid option on standard error, and fails", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", path.join(CHECKOUT, "tools/bench/main.ts"), "--fast"],
  }).output();
  assert.equal(code, 1);
  assert.equal(stdout.length, 0);
  assert.match(new TextDecoder().decode(stderr), /--fast[\s\S]*--rounds N/);
});
