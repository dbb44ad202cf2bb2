/** Each message of set-up, provoked for real in a copy of the checkout. */
import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { explain } from "../../tools/setup/errors.mjs";
import { browserOpener } from "../../tools/setup/jupyter.ts";
import { KERNELS } from "../../tools/setup/kernels.ts";
import { findPython } from "../../tools/setup/python.ts";
import { tensorflowVersion } from "../../tools/setup/tensorflow.ts";
import { denoBinary } from "../../tools/setup/npm.mjs";
import { CHECKOUT, NODE } from "../../tools/setup/paths.ts";
import {
  Copy,
  HERE,
  partsProgram,
  pathOf,
  type Running,
  start,
  startBootstrap,
  startParts,
} from "./copies.ts";

const DATA = "data/cifar-10-batches-bin";

/** Wheels of TensorFlow, to be written: under both names that it has, for any Python. */
function wheelsFor(copy: Copy): string[] {
  fs.mkdirSync(copy.at("wheels"));
  return ["tensorflow", "tensorflow_cpu"].map((name) =>
    copy.at("wheels", `${name}-${tensorflowVersion(copy)}-py3-none-any.whl`)
  );
}

/** Wheels of a few kB that unpack to 20 MB. */
const MAKE_WHEELS = `
import os, sys, zipfile
for path in sys.argv[1:]:
    name, version = os.path.basename(path).split("-")[:2]
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        for library in ("cc", "framework"):
            wheel.writestr(f"tensorflow/libtensorflow_{library}.so.2", bytes(10_000_000))
        names = [*wheel.namelist(), f"{info}/RECORD"]
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\\n" for name in names))
`;

/** Sends pip to those wheels alone, on a machine without a GPU. */
function wheelsAlone(copy: Copy): Record<string, string> {
  return {
    PATH: pathOf(copy, ["sh", "mount", "unshare"]),
    PIP_NO_INDEX: "1",
    // As an address: pip takes a path with a space for two.
    PIP_FIND_LINKS: pathToFileURL(copy.at("wheels")).href,
  };
}

const mounts =
  (await start("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).ended).code === 0;

/** Starts a command for which `folder` is a disk of its own of `size`. */
function withDisk(
  folder: string,
  size: string,
  command: readonly string[],
  env: Record<string, string | undefined>,
  cwd: string,
): Running {
  const script = 'mount -t tmpfs -o size="$0" none "$1" && shift && exec "$@"';
  return start("unshare", ["-rm", "sh", "-c", script, size, folder, ...command], env, cwd);
}

Deno.test("without Python the rest is set up, and the message says what works and what to install", async () => {
  using copy = new Copy(["node_modules", DATA]);
  const { code, output } = await startBootstrap(copy, {
    PATH: pathOf(copy, ["node", "sh"]),
    RESIDUAL_PYTHON: undefined,
  }).ended;
  assert.equal(code, 1);
  assert.match(output, /Failed: +No Python 3\.10 or newer was found/);
  assert.match(output, /Tried: +python3, python3\.14/);
  assert.match(output, /Result: +python3: not found/);
  assert.match(output, /Next: +Install it \(Debian, Ubuntu: apt install python3 python3-venv/);
  assert.match(output, /✓ CIFAR-10: 6 files, every digest as published/);
  assert.match(output, /✓ residual for the tslab kernel/);
  assert.match(output, /What works without it is ready: the lessons as scripts/);
  assert.match(output, /With Python 3\.10 or newer and its venv module, npm start does the rest/);
});

Deno.test("without a network for JupyterLab, the message does not blame Python", async () => {
  using copy = new Copy(["node_modules", DATA]);
  const { code, output } = await startBootstrap(copy, {
    PIP_INDEX_URL: "http://127.0.0.1:9/",
    PIP_RETRIES: "1",
  }).ended;
  assert.equal(code, 1);
  assert.match(output, /Next: +The server cannot be reached/);
  assert.match(
    output,
    /There is no JupyterLab yet[\s\S]*Once the problem is fixed, npm start does the rest/,
  );
  assert.doesNotMatch(output, /With Python/);
});

Deno.test("a Python without ensurepip is named, with the package that contains it", async () => {
  using copy = new Copy(["node_modules"]);
  const python = await findPython();
  const path = pathOf(copy, ["sh"]);
  // As on Debian without python3-venv: the module cannot be imported.
  fs.writeFileSync(
    `${path}/python3`,
    `#!/bin/sh
while [ "$1" != -c ]; do shift; done
exec "${python.path}" -c "import sys; sys.modules['ensurepip'] = None
$2"
`,
    { mode: 0o755 },
  );
  const { code, output } = await startParts(copy, ["venv"], {
    PATH: path,
    RESIDUAL_PYTHON: undefined,
  }).ended;
  assert.equal(code, 1);
  assert.match(output, /cannot make virtual environments/);
  assert.match(output, /python3: 3\.\d+\.\d+, without ensurepip/);
  assert.match(output, /apt install python3-venv, or python3\.\d+-venv/);
});

Deno.test("without a network, npm's error is shown with advice", async () => {
  using copy = new Copy([]);
  const { code, output } = await startBootstrap(copy, {
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_cache: copy.at("empty-cache"),
    npm_config_fetch_retries: "0",
  }).ended;
  assert.equal(code, 1);
  assert.match(output, /Failed: +The npm packages could not be installed/);
  assert.match(output, /Result: +.*ECONNREFUSED/);
  assert.match(output, /Next: +The server cannot be reached/);
  assert.equal(fs.existsSync(copy.at("node_modules")), false);
  assert.deepEqual(fs.readdirSync(copy.at(".residual/work")), []);
});

Deno.test("a low limit on open files is named, with the command that raises it", async () => {
  using copy = new Copy([]);
  const script = 'ulimit -n 256 && exec "$0" tools/bootstrap.mjs start --setup-only';
  const { code, output } = await start("sh", ["-c", script, NODE], {}, copy.checkout).ended;
  assert.equal(code, 1);
  assert.match(output, /Failed: +The limit on open files is too low/);
  assert.match(output, /Result: +256 files, 1024 needed/);
  assert.match(output, /Next: +Raise the limit \(`ulimit -n 1024`\)/);
});

Deno.test("on Windows the message names the page with the steps, and nothing is installed", async () => {
  using copy = new Copy([]);
  // Only the name of the system is another one.
  const preload = copy.at("windows.cjs");
  fs.writeFileSync(preload, 'Object.defineProperty(process, "platform", { value: "win32" });');
  const args = ["-r", preload, "tools/bootstrap.mjs", "start"];
  const { code, output } = await start(NODE, args, {}, copy.checkout).ended;
  assert.equal(code, 1);
  assert.match(output, /Failed: +The kit does not run on Windows itself/);
  assert.match(output, /Next: +.*docs\/windows\.md.*docs\/browser\.md/s);
  for (const page of ["docs/windows.md", "docs/browser.md"]) assert.ok(fs.existsSync(page));
  assert.equal(fs.existsSync(copy.at("node_modules")), false);
});

Deno.test("the browser of the user's system is opened, in the Windows Subsystem for Linux as well", () => {
  assert.equal(browserOpener("darwin", {}), "open");
  assert.equal(browserOpener("linux", { DISPLAY: ":0" }), "xdg-open");
  assert.equal(browserOpener("linux", { WAYLAND_DISPLAY: "wayland-0" }), "xdg-open");
  assert.equal(browserOpener("linux", { DISPLAY: ":0", WSL_DISTRO_NAME: "Ubuntu" }), "wslview");
  assert.equal(browserOpener("linux", {}), undefined);
});

Deno.test("Jupyter in .venv lists the kit's kernels, as an editor finds them", async () => {
  const args = ["-m", "jupyter", "kernelspec", "list", "--json"];
  const { output } = await start(HERE.python, args, {}, HERE.checkout).ended;
  const { kernelspecs } = JSON.parse(output.slice(output.indexOf("{"))) as {
    kernelspecs: Record<string, { resource_dir: string; spec: { argv: string[] } }>;
  };
  for (const kernel of KERNELS) {
    const { resource_dir, spec } = kernelspecs[kernel]!;
    assert.ok(fs.realpathSync(resource_dir).startsWith(fs.realpathSync(HERE.venv)), resource_dir);
    assert.ok(spec.argv.includes(HERE.at("tools/kernels/dist/main.js")), spec.argv.join(" "));
  }
});

Deno.test("the causes that programs name lead to advice", () => {
  const advice = (output: string) =>
    explain({ what: "", tried: "", output, next: "unknown", room: "" }).next;
  const cases: [output: string, advice: RegExp][] = [
    ["npm error code SELF_SIGNED_CERT_IN_CHAIN", /NODE_EXTRA_CA_CERTS/],
    [
      "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] HTTPSConnectionPool: Max retries exceeded",
      /PIP_CERT/,
    ],
    ["RuntimeError: can't start new thread", /ulimit -u/],
    ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", /memory/],
    ["OSError: [Errno 122] Disk quota exceeded", /Make room/],
    ["npm error code ENOTFOUND", /network/],
    ["segmentation fault", /^unknown$/],
  ];
  for (const [output, expected] of cases) assert.match(advice(output), expected, output);
});

Deno.test("a wheel that cannot be read is an error of one part, and says how to empty the caches", async () => {
  using copy = new Copy(["node_modules", ".venv"]);
  for (const wheel of wheelsFor(copy)) {
    fs.writeFileSync(wheel, "PK\x03\x04 the download ended here");
  }
  const { code, output } = await startParts(copy, ["tensorflow"], wheelsAlone(copy)).ended;
  assert.equal(code, 1);
  assert.match(output, /Failed: +TensorFlow's library could not be installed/);
  assert.match(output, /Result: +.*invalid/);
  assert.match(output, /Next: +A downloaded package cannot be read\. Empty the caches/);
});

Deno.test("without a compiler, and without the network for ziglang, the message says what to install", async () => {
  using copy = new Copy(["node_modules", ".venv", ".residual/tensorflow"]);
  fs.rmSync(copy.addon);
  const { code, output } = await startParts(copy, ["addon"], {
    PATH: pathOf(copy, ["node", "sh"]),
    CXX: undefined,
    PIP_NO_INDEX: "1",
  }).ended;
  assert.equal(code, 1);
  assert.match(output, /A C\+\+ compiler \(this machine has none; ziglang would serve\)/);
  assert.match(output, /Result: +.*ziglang/);
});

Deno.test("an addon that does not load is removed, and the reason is shown", async () => {
  using copy = new Copy(["node_modules", ".venv", ".residual/tensorflow"]);
  fs.rmSync(copy.addon);
  // A compiler that links nothing: its result lacks every symbol.
  const folder = pathOf(copy, []);
  fs.writeFileSync(
    `${folder}/bad-c++`,
    `#!/bin/sh\n[ "$1" = --version ] && { echo bad 1.0; exit; }
for last; do :; done\nprintf 'no library' > "$last"\n`,
    { mode: 0o755 },
  );
  const { code, output } = await startParts(copy, ["addon"], {
    PATH: `${folder}:${process.env.PATH}`,
    CXX: "bad-c++",
  }).ended;
  assert.equal(code, 1);
  assert.match(output, /was built but does not work on this machine/);
  assert.match(output, /Result: +.*(invalid ELF header|file too short|dlopen)/);
  assert.equal(fs.existsSync(copy.addon), false);
});

Deno.test("altered and truncated data files are restored and named", async () => {
  using copy = new Copy(["node_modules", DATA]);
  const altered = copy.at(DATA, "data_batch_3.bin");
  const bytes = fs.readFileSync(altered);
  bytes[1234] = (bytes[1234] ?? 0) ^ 1;
  fs.rmSync(altered);
  fs.writeFileSync(altered, bytes);
  const cut = copy.at(DATA, "test_batch.bin");
  fs.rmSync(cut);
  fs.writeFileSync(cut, bytes.subarray(0, 1000));
  const first = await startParts(copy, ["data"]).ended;
  assert.equal(first.code, 0, first.output);
  assert.match(
    first.output,
    /2 files from the npm package, data_batch_3\.bin, test_batch\.bin made again/,
  );
  assert.deepEqual(fs.readFileSync(cut), fs.readFileSync(HERE.at(DATA, "test_batch.bin")));
  const second = await startParts(copy, ["data"]).ended;
  assert.match(second.output, /every digest as published/);
});

Deno.test("an archive that is not the official one is refused", async () => {
  using copy = new Copy(["node_modules"]);
  fs.writeFileSync(copy.at("data/cifar-10-binary.tar.gz"), "something else");
  const { code, output } = await startParts(copy, ["data"]).ended;
  assert.equal(code, 1);
  assert.match(output, /cifar-10-binary\.tar\.gz is not the official archive/);
  assert.match(output, /Result: +[0-9a-f]{64} instead of c4a38c50/);
});

Deno.test({
  name:
    "a full disk is called by its name, and nothing half-made stays (needs user namespaces for a small file system)",
  ignore: !mounts,
  fn: async () => {
    using copy = new Copy(["node_modules"]);
    fs.mkdirSync(copy.residual);
    const command = [denoBinary(CHECKOUT), ...partsProgram(copy, ["data"])];
    const { code, output } = await withDisk(copy.residual, "20m", command, {}, copy.checkout).ended;
    assert.equal(code, 1, output);
    assert.match(output, /Result: +.*(ENOSPC|os error 28|No space left)/);
    assert.match(output, /Next: +The disk is full\. Make room/);
    assert.equal(fs.existsSync(copy.at(DATA, "data_batch_1.bin")), false);
  },
});

Deno.test({
  name:
    "too little room is refused before the work (needs user namespaces for a small file system)",
  ignore: !mounts,
  fn: async () => {
    using copy = new Copy([]);
    fs.mkdirSync(copy.at("small"));
    const sources = "package.json package-lock.json .npmrc deno.json requirements.txt lib tools";
    const script = `cp -r ${sources} small && node small/tools/bootstrap.mjs start --setup-only`;
    const command = ["sh", "-c", script];
    const { code, output } = await withDisk("small", "40m", command, {}, copy.checkout).ended;
    assert.equal(code, 1, output);
    assert.match(output, /There is not enough room on the disk for the npm packages/);
    assert.match(output, /Result: +\d+ MB free, 1\.30 GB needed/);
  },
});

Deno.test({
  name:
    "a wheel is unpacked where the room was measured, not in a small /tmp (needs user namespaces for a small file system)",
  ignore: !mounts,
  fn: async () => {
    using copy = new Copy(["node_modules", ".venv"]);
    const made = await start(copy.python, ["-c", MAKE_WHEELS, ...wheelsFor(copy)]).ended;
    assert.equal(made.code, 0, made.output);
    const tmp = copy.at("tmp");
    fs.mkdirSync(tmp);
    const command = [denoBinary(CHECKOUT), ...partsProgram(copy, ["tensorflow"])];
    const env = { ...wheelsAlone(copy), TMPDIR: tmp };
    const { code, output } = await withDisk(tmp, "4m", command, env, copy.checkout).ended;
    assert.equal(code, 0, output);
    assert.match(output, /✓ TensorFlow's library: [\d.]+ for the CPU/);
  },
});

/** Bootstrap for whom the copies are somebody else's: as another user, where this is root. */
const root = process.getuid?.() === 0;
const bootstrap = [
  ...(root ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []),
  ...[NODE, "tools/bootstrap.mjs", "start"],
];

Deno.test({
  name: "a folder that sudo has left behind is named, with its owner and the way out " +
    "(as root this needs setpriv, and a checkout that others may read)",
  ignore: (await start(bootstrap[0]!, [...bootstrap.slice(1), "--help"]).ended).code !== 0,
  fn: async () => {
    using copy = new Copy([]);
    fs.mkdirSync(copy.residual);
    if (root) fs.chownSync(copy.checkout, 65534, 65534);
    else fs.chmodSync(copy.residual, 0o555);
    const [command = "", ...args] = [...bootstrap, "--setup-only"];
    const { code, output } = await start(command, args, {}, copy.checkout).ended;
    assert.equal(code, 1);
    assert.match(output, /Failed: +Set-up cannot write in this folder/);
    assert.match(
      output,
      /Result: +EACCES.*\.residual belongs to (root|user \d+), and this is user/,
    );
    assert.match(output, /Next: +Make the folder writable \((sudo chown -R 65534|chmod -R u\+w) "/);
  },
});

Deno.test({
  name: "a read-only disk is named (needs user namespaces for such a disk)",
  ignore: !mounts,
  fn: async () => {
    using copy = new Copy([]);
    const script = 'mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" && exec "$@"';
    const command = ["-rm", "sh", "-c", script, "sh", NODE, "tools/bootstrap.mjs", "start"];
    const { code, output } = await start("unshare", command, {}, copy.checkout).ended;
    assert.equal(code, 1);
    assert.match(output, /Result: +EROFS/);
    assert.match(output, /Next: +The disk is read-only: copy the folder to another/);
  },
});

Deno.test("an unexpected error before Deno is installed does not refer to the doctor", async () => {
  using copy = new Copy([]);
  fs.rmSync(copy.at(".npmrc"));
  const { code, output } = await startBootstrap(copy).ended;
  assert.equal(code, 1);
  assert.match(output, /Failed: +Set-up stopped at something unexpected/);
  assert.match(
    output,
    /Next: +Run it again; if it stays, remove node_modules and \.residual first/,
  );
});

Deno.test("a browser counts as opened only if a program for it exists", async () => {
  using copy = new Copy([]);
  const PATH = pathOf(copy, ["sh"]);
  const program = `import { openBrowser } from "./tools/setup/jupyter.ts";
    console.log("opened:", await openBrowser("http://127.0.0.1:9/"));`;
  const env = { PATH, DISPLAY: ":0" };
  const open = () => start(denoBinary(CHECKOUT), ["eval", program], env, copy.checkout).ended;
  assert.equal((await open()).output, "opened: false\n");
  for (const name of ["xdg-open", "open"]) {
    fs.writeFileSync(`${PATH}/${name}`, "#!/bin/sh\n", { mode: 0o755 });
  }
  assert.equal((await open()).output, "opened: true\n");
});

Deno.test("an unknown option is refused with the list of options, before set-up starts", async () => {
  // cspell:ignore brwoser
  const { code, output } = await start(NODE, [
    "tools/bootstrap.mjs",
    "start",
    "--no-brwoser",
  ]).ended;
  assert.equal(code, 1);
  assert.match(output, /--no-brwoser/);
  assert.match(output, /--setup-only +set up and end/);
});
