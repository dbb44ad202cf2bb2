/** The pages of the browser edition that need no kernel: the start page and the solved lessons. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { pageOf } from "../../tools/site/reading.ts";
import { lessonEntries } from "../../tools/site/lessons.ts";
import { serve } from "../../tools/site/serve.ts";
import { NotebookPage } from "../browser/notebook_page.ts";
import { built } from "./built.ts";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core returns, as far as it is used. */
interface Report {
  violations: { id: string; help: string; nodes: { target: string[]; html: string }[] }[];
}

/** The problems that axe-core finds in a page, one line each. */
async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate("axe.run()") as Report;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ target, html }) => `${id}: ${help} (${target}) ${html.slice(0, 120)}`)
  );
}

Deno.test("the pages without a kernel are accessible, in light and dark colors", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await NotebookPage.launch();
    const { page } = notebook;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (
        const place of ["", "bench.html", "read/00_start_here.html", "read/05_identity_block.html"]
      ) {
        await page.goto(server.address + place);
        await page.getByRole("heading", { level: 1 }).waitFor();
        assert.deepEqual(await accessibilityProblems(page), [], `${colorScheme}: /${place}`);
      }
    }
  } finally {
    await server.close();
  }
});

Deno.test("the start page shows the points of each lesson", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await NotebookPage.launch();
    const { page } = notebook;
    await page.goto(server.address);
    await page.evaluate(() => {
      const progress = { pixel_index: { points: 3, checks: 1, hints: 0 } };
      const { localStorage } = globalThis as unknown as {
        localStorage: { setItem(key: string, value: string): void };
      };
      localStorage.setItem(
        "residual.files",
        JSON.stringify({ "/progress.json": JSON.stringify(progress) }),
      );
    });
    await page.reload();
    const [first, second] = [page.locator("ol li").first(), page.locator("ol li").nth(1)];
    await first.getByText("✓ 3 of 3 points").waitFor();
    assert.doesNotMatch(await second.innerText(), /points/);
  } finally {
    await server.close();
  }
});

Deno.test("every solved lesson is a page with its outputs, its neighbors and no script", () => {
  const lessons = lessonEntries();
  for (const [i, { file, title }] of lessons.entries()) {
    const page = fs.readFileSync(`${built}/read/${pageOf({ file })}`, "utf8");
    assert.ok(page.includes(`<title>${title.replaceAll(">", "&gt;")} · Residual</title>`), title);
    assert.match(page, /class="highlight hl-typescript"/);
    assert.doesNotMatch(page, /BEGIN SOLUTION|HIDDEN TESTS|<script\b/);
    const addresses = Array.from(
      page.matchAll(/href="([^"#:]+\.html)(?:\?[^"]*)?"/g),
      ([, to]) => to,
    );
    for (const address of addresses) {
      assert.ok(fs.existsSync(`${built}/read/${address}`), `${file} links to ${address}`);
    }
    const next = lessons[i + 1];
    assert.equal(next === undefined || addresses.includes(pageOf(next)), true, file);
  }
});

Deno.test("the bench page measures each backend, or says why not, and gives a text to copy", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await NotebookPage.launch();
    const { page } = notebook;
    await page.goto(`${server.address}bench.html`);
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByText("Done.").waitFor({ timeout: 0 });
    const rows = await page.locator("tbody tr").allInnerTexts();
    assert.equal(rows.length, 4, rows.join("\n"));
    const names = ["WebGPU", "WebGL", "WebAssembly", "plain JavaScript"];
    for (const [i, row] of rows.entries()) {
      const [name, inference, training, device] = row.split("\t");
      assert.equal(name, names[i]);
      for (const time of [inference, training]) assert.match(time!, /^([\d.,]+|–)$/);
      // A backend that is not measured has a reason: on a busy machine, the page's time limit.
      assert.notEqual(device, "", row);
      const isMeasured = inference !== "–" && training !== "–";
      if (name === "WebAssembly" && !isMeasured) assert.match(device!, /stopped after 14 s/);
    }
    const text = await page.locator("textarea").inputValue();
    assert.match(text, /^Residual, ResNet20 on 32×32 images, milliseconds per image, \d{4}-/);
    for (const name of names) assert.ok(text.includes(`\n${name} | `), text);
  } finally {
    await server.close();
  }
});
