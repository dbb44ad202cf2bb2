/** Tests that no variable and no settings file of the user's redirects the kit's own programs. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { pathToFileURL } from "node:url";
import type { Finding } from "../../tools/doctor/examine.ts";
import { variableInTheWay } from "../../tools/doctor/in_the_way.ts";
import { ignoredVariables, ownEnvironment } from "../../tools/setup/environment.mjs";
import { denoBinary } from "../../tools/setup/npm.mjs";
import { CHECKOUT, NODE } from "../../tools/setup/paths.ts";
import { networkSettings } from "../../tools/setup/pip.ts";
import { Copy, HERE, start } from "./copies.ts";

Deno.test("variables that redirect tools are removed, and those for the network are kept", () => {
  const network = {
    PIP_INDEX_URL: "https://mirror/simple",
    PIP_CERT: "/ca.pem",
    npm_config_registry: "https://mirror/npm",
    "npm_config_//mirror/npm/:_authToken": "secret",
    "npm_config_@own:registry": "https://own/",
    NPM_CONFIG_CAFILE: "/ca.pem",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    DENO_CERT: "/ca.pem",
    HTTPS_PROXY: "http://proxy:3128",
    NO_PROXY: "localhost",
    SSL_CERT_FILE: "/ca.pem",
    CXX: "g++",
    PATH: "/bin",
  };
  const redirecting = {
    PYTHONPATH: "/other",
    PYTHONHOME: "/other",
    PYTHONWARNINGS: "error",
    PIP_USER: "1",
    PIP_TARGET: "/other",
    JUPYTERLAB_DIR: "/other",
    JUPYTER_CONFIG_DIR: "/other",
    IPYTHONDIR: "/other",
    npm_config_omit: "dev",
    NPM_CONFIG_PREFIX: "/other",
    NODE_ENV: "production",
    NODE_PATH: "/other",
    DENO_NO_PACKAGE_JSON: "1",
    CPLUS_INCLUDE_PATH: "/other",
    GIT_DIR: "/other",
  };
  assert.deepEqual(ownEnvironment({}, { ...network, ...redirecting }), network);
  const ignored = Object.keys(redirecting).filter((name) => !/^npm_config_/i.test(name));
  assert.deepEqual(ignoredVariables({ ...network, ...redirecting }), ignored.sort());
});

Deno.test("certificates and memory limits in NODE_OPTIONS are kept", () => {
  const caller = {
    NODE_OPTIONS: "--require /other.cjs --use-openssl-ca --max-old-space-size=4096",
  };
  assert.deepEqual(ownEnvironment({}, caller), {
    NODE_OPTIONS: "--use-openssl-ca --max-old-space-size=4096",
  });
});

Deno.test("the kit's own variables override the caller's, and undefined removes a variable", () => {
  const caller = { PYTHONPATH: "/other", TMPDIR: "/tmp", HOME: "/home" };
  const own = { PYTHONPATH: "/own", TMPDIR: undefined };
  assert.deepEqual(ownEnvironment(own, caller), { PYTHONPATH: "/own", HOME: "/home" });
});

Deno.test("pip's network settings are read in pip's order, and other settings are not", () => {
  const listed = [
    ":env:.index-url='https://environment/simple'",
    "global.cert='/ca with \\'quotes\\'.pem'",
    "global.find-links='\\n/one\\n/two'",
    "global.index-url='https://global/simple'",
    "global.target='/other'",
    "global.user='true'",
    "install.index-url='https://install/simple'",
    "install.trusted-host='install'",
  ].join("\n");
  assert.deepEqual(networkSettings(listed), {
    PIP_INDEX_URL: "https://environment/simple",
    PIP_CERT: "/ca with 'quotes'.pem",
    PIP_FIND_LINKS: "/one\n/two",
    PIP_TRUSTED_HOST: "install",
  });
});

const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    info = "small-1.0.dist-info"
    wheel.writestr("small.py", "")
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\\n" for name in [*wheel.namelist(), f"{info}/RECORD"]))
`;

Deno.test("pip installs into the given folder, whatever its configuration says", async () => {
  using copy = new Copy(["node_modules"]);
  for (const folder of ["wheels", "work"]) fs.mkdirSync(copy.at(folder));
  const wheel = copy.at("wheels/small-1.0-py3-none-any.whl");
  const made = await start(HERE.python, ["-c", MAKE_WHEEL, wheel]).ended;
  assert.equal(made.code, 0, made.output);
  const settings = copy.at("pip.conf");
  fs.writeFileSync(
    settings,
    `[global]\nno-index = true\nfind-links = ${pathToFileURL(copy.at("wheels")).href}\n` +
      `[install]\nuser = true\nprefix = ${copy.at("elsewhere")}\nonly-binary = none\n` +
      "require-virtualenv = true\ndry-run = true\n",
  );
  const program = `import { pipInstall } from "./tools/setup/pip.ts";
    import { StepLine } from "./tools/setup/progress.mjs";
    await pipInstall({
      python: ${JSON.stringify(HERE.python)},
      lines: ["small==1.0"],
      args: ["--target", ${JSON.stringify(copy.at("target"))}],
      what: "A small package",
      work: ${JSON.stringify(copy.at("work"))},
      line: new StepLine("small"),
    });`;
  const { code, output } = await start(denoBinary(CHECKOUT), ["eval", program], {
    PIP_CONFIG_FILE: settings,
    PIP_FIND_LINKS: undefined,
    PIP_USER: "1",
    PIP_ROOT: copy.at("elsewhere"),
    PYTHONHOME: "/nowhere",
  }, copy.checkout).ended;
  assert.equal(code, 0, output);
  assert.deepEqual([copy.at("target/small.py"), copy.at("elsewhere")].map(fs.existsSync), [
    true,
    false,
  ]);
});

Deno.test("the doctor reports no problem although variables would redirect Python, Jupyter and Node", async () => {
  using copy = new Copy([]);
  fs.writeFileSync(copy.at("tornado.py"), 'raise ImportError("an older tornado")\n');
  const { code, output } = await start(
    denoBinary(CHECKOUT),
    ["run", "-A", "tools/doctor/main.ts", "--json"],
    {
      PYTHONPATH: copy.checkout,
      PYTHONHOME: "/nowhere",
      JUPYTERLAB_DIR: copy.at("lib"),
      JUPYTERLAB_SETTINGS_DIR: copy.at("lib"),
      JUPYTER_CONFIG_DIR: copy.at("lib"),
      NODE_ENV: "production",
      PIP_USER: "1",
    },
  ).ended;
  assert.equal(code, 0, output);
  const { findings } = JSON.parse(output) as { findings: Finding[] };
  const found = (id: string) => findings.find((finding) => finding.id === id)?.found;
  assert.equal(found("deno-kernel"), "starts, and a cell computes");
  assert.equal(found("tslab-kernel"), "starts, and a cell computes");
  assert.equal(found("lab"), "starts, and its page opens");
  assert.match(found("environment") ?? "", /ignore .*JUPYTERLAB_DIR.*NODE_ENV.*PYTHONPATH/);
});

Deno.test("the native backend loads the kit's TensorFlow, whatever LD_LIBRARY_PATH contains", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "residual-libraries-" });
  try {
    for (const library of ["cc", "framework"]) {
      Deno.writeTextFileSync(`${folder}/libtensorflow_${library}.so.2`, "no library");
    }
    const { code, output } = await start(NODE, ["tools/setup/prove_addon.cjs"], {
      LD_LIBRARY_PATH: folder,
    }).ended;
    assert.equal(code, 0, output);
    assert.match(output, /tensorflow 3,3,3,3/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("the doctor names the variable that keeps TensorFlow from computing", async () => {
  const { code, output } = await start(
    denoBinary(CHECKOUT),
    ["run", "-A", "tools/doctor/main.ts"],
    { RESIDUAL_BACKEND: "abacus" },
  ).ended;
  assert.equal(code, 1, output);
  assert.match(output, /✗ TensorFlow computes .*"abacus"/);
  const advice = output.match(/It works without the variable RESIDUAL_BACKEND \(now "abacus"\)/g);
  assert.equal(advice?.length, 3, output);
});

Deno.test("the variable that breaks a program is found among many, and none is blamed if all are innocent", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `VARIABLE_${i}`);
  const environment = Object.fromEntries(names.map((name) => [name, "1"]));
  let tries = 0;
  for (const name of ["VARIABLE_0", "VARIABLE_57", "VARIABLE_99"]) {
    const works = (tried: Record<string, string>) => {
      tries++;
      return Promise.resolve(!(name in tried));
    };
    assert.equal(await variableInTheWay(environment, works), name);
  }
  assert.ok(tries <= 3 * 8, `${tries} tries`);
  assert.equal(await variableInTheWay(environment, () => Promise.resolve(false)), undefined);
});
