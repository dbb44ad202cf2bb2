/** Downloaded weights, from a server on this machine that plays the hub. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createHash } from "node:crypto";
import {
  classify,
  countParams,
  IMAGENET,
  imageNetClasses,
  pretrained,
  readImage,
  ResNet,
  resnet18,
  saveSafetensors,
  startBackend,
  stateDict,
  tf,
} from "../../lib/mod.ts";

await startBackend();

const FILE = "/timm/resnet18.tv_in1k/resolve/main/model.safetensors";

/** A hub that gives these answers, in a folder that looks like the kit's. */
async function withHub(
  answer: (response: ServerResponse, url: string) => void,
  test: (folder: string, server: Server) => Promise<void>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "residual-pretrained-"));
  writeFileSync(join(folder, "deno.json"), "{}");
  mkdirSync(join(folder, "notebooks"));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    answer(response, request.url!);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const [before, cwd] = [process.env["HF_ENDPOINT"], process.cwd()];
  process.env["HF_ENDPOINT"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  process.chdir(join(folder, "notebooks"));
  try {
    await test(folder, server);
  } finally {
    process.chdir(cwd);
    if (before === undefined) delete process.env["HF_ENDPOINT"];
    else process.env["HF_ENDPOINT"] = before;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  }
  return asked;
}

/** A file of weights, as the hub has it. */
async function weights(model: tf.LayersModel): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), "residual-weights-"));
  try {
    await saveSafetensors(join(folder, "model.safetensors"), model);
    return readFileSync(join(folder, "model.safetensors"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first values of the stem's kernel, which tell models of different seeds apart. */
function stem(model: tf.LayersModel): number[] {
  return Array.from(stateDict(model).get("conv1.weight")!.data.slice(0, 5));
}

const teacher = resnet18({ seed: 7 });
const bytes = await weights(teacher);
const file = (folder: string) => join(folder, "data", "pretrained", "resnet18.safetensors");

Deno.test("downloaded weights are put into the model, kept, and not downloaded again", async () => {
  const asked = await withHub((response) => response.end(bytes), async (folder) => {
    const own = new ResNet(3, 1000, [2, 2, 2, 2]);
    const first = await pretrained("resnet18", own);
    assert.equal(first.model, own);
    assert.deepEqual(stem(own), stem(teacher));
    assert.equal(first.digest, createHash("sha256").update(bytes).digest("hex"));
    assert.deepEqual(readFileSync(file(folder)), bytes);
    const second = await pretrained("resnet18");
    assert.equal(countParams(second.model).trainable, 11_689_512);
    assert.deepEqual(stem(second.model), stem(teacher));
    assert.equal(second.digest, first.digest);
  });
  assert.deepEqual(asked, [FILE]);
});

const ANSWERS: Readonly<Record<string, [(response: ServerResponse) => void, RegExp]>> = {
  "an error page": [
    (response) => void response.writeHead(404).end("gone"),
    /^Cannot download the weights of resnet18 from http:.*: the server answered 404 Not Found\. Without/,
  ],
  "a download that breaks off": [
    (response) => {
      response.writeHead(200, { "Content-Length": bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    },
    /^Cannot download the weights of resnet18 from http:/,
  ],
  "half a file": [
    (response) => void response.end(bytes.subarray(0, bytes.length / 2)),
    /^Cannot load the weights of resnet18: http:.* is not a valid safetensors file: /,
  ],
  "a page of HTML": [
    (response) => void response.end("<!DOCTYPE html><html>Sign in</html>"),
    /^Cannot load the weights of resnet18: http:.* is not a valid safetensors file: .*HTML/,
  ],
};

for (const [what, [answer, message]] of Object.entries(ANSWERS)) {
  Deno.test(`${what} is reported, and no file is kept`, async () => {
    await withHub(answer, async (folder) => {
      const model = resnet18();
      const before = stem(model);
      await assert.rejects(pretrained("resnet18", model), { message });
      assert.throws(() => readFileSync(file(folder)), { code: "ENOENT" });
      assert.deepEqual(stem(model), before);
    });
  });
}

Deno.test("weights with other shapes are refused, and the model is unchanged", async () => {
  await withHub((response) => response.end(bytes), async (folder) => {
    const own = new ResNet(3, 10, [2, 2, 2, 2]);
    const before = stem(own);
    await assert.rejects(pretrained("resnet18", own), {
      message: /^Cannot load the weights of resnet18: .*fc\.weight.*1000.*10/s,
    });
    assert.deepEqual(stem(own), before);
    assert.throws(() => readFileSync(file(folder)), { code: "ENOENT" });
  });
});

Deno.test("without a connection the message names the address and the place for the file", async () => {
  await withHub((response) => response.end(), async (_, server) => {
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(pretrained("resnet18"), {
      message:
        /copy the file to \/.*\/data\/pretrained\/resnet18\.safetensors, or continue without/,
    });
  });
});

Deno.test("weights that nobody offers are refused with the names that there are", async () => {
  const name = "resnet20" as "resnet18";
  await assert.rejects(pretrained(name), {
    name: "RangeError",
    message: 'There are no weights "resnet20"; expected resnet18, resnet34, resnet50, resnet101.',
  });
});

Deno.test("a photo is classified at any size, with ImageNet's colors and class names", async () => {
  const classNames = imageNetClasses();
  assert.equal(classNames.length, 1000);
  assert.deepEqual([classNames[0], classNames[207], classNames[999]], [
    ...["tench", "golden retriever", "toilet tissue"],
  ]);
  const photo = await readImage("docs/lesson.png");
  const options = { classNames, size: 64, normalization: IMAGENET };
  const [classes] = await classify(teacher, [photo], options);
  const sum = classes!.reduce((sum, { probability }) => sum + probability, 0);
  assert.ok(Math.abs(sum - 1) < 1e-4);
  const [other] = await classify(teacher, [photo], { ...options, size: 32 });
  assert.notDeepEqual(classes!.slice(0, 5), other!.slice(0, 5));
});
