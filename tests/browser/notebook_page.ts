/**
 * A notebook in JupyterLab in a real browser, worked as a person works it: by clicks and keys.
 *
 * The Chromium is the one that the npm package @sparticuz/chromium carries, so that nothing has to be
 * installed by hand; `RESIDUAL_CHROMIUM` names another.
 */
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as chromiumType, type Locator, type Page } from "playwright-core";
import process from "node:process";

const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--no-first-run",
];

/** Longer than anything takes on a busy machine. */
const PATIENCE_MS = 300_000;

/** What a learner sees of one code cell. */
export interface SeenCell {
  /** `"[3]:"`, `"[*]:"` while it runs, `"[ ]:"` before. */
  prompt: string;
  /** Its outputs' text, without its error and what it wrote to stderr. */
  text: string;
  /** The text of its error and of what it wrote to stderr, or nothing. */
  error: string;
  /** Pictures that the browser could draw. */
  pictures: number;
}

/** One open notebook. */
export class NotebookPage implements AsyncDisposable {
  readonly #browser: Browser;
  readonly page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  /** Starts a browser with an empty page. */
  static async launch(height = 900): Promise<NotebookPage> {
    const executablePath = process.env.RESIDUAL_CHROMIUM || await chromium.executablePath();
    const browser = await chromiumType.launch({ executablePath, headless: true, args: SWITCHES });
    const page = await browser.newPage({ viewport: { width: 1280, height } });
    page.setDefaultTimeout(PATIENCE_MS);
    return new NotebookPage(browser, page);
  }

  /** Opens JupyterLab's address, waits until the notebook is there and its kernel is idle. */
  static async open(address: string, height = 900): Promise<NotebookPage> {
    const notebook = await NotebookPage.launch(height);
    await notebook.visit(address);
    return notebook;
  }

  /** Opens an address in the same window, in place of the notebook that is there. */
  async visit(address: string): Promise<void> {
    await this.page.goto(address);
    await this.codeCells.first().waitFor();
    // A cell that is run before the page has its kernel is silently not run at all.
    await this.kernelIs("Idle");
  }

  /** Loads the page again, as F5 does, while the kernel may be running a cell. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.codeCells.first().waitFor();
  }

  /** Waits until the status bar says this of the kernel. */
  async kernelIs(status: "Idle" | "Busy"): Promise<void> {
    const bar = this.page.locator("#jp-main-statusbar");
    await bar.getByText(new RegExp(`(Deno|tslab\\)|browser\\)) \\| ${status}`)).waitFor();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }

  /** Chooses another kernel in the dialog behind the kernel's name. */
  async chooseKernel(name: "deno" | "tslab"): Promise<void> {
    await this.page.locator(".jp-KernelName jp-button").click();
    const dialog = this.page.locator(".jp-Dialog");
    await dialog.locator("select").selectOption(JSON.stringify({ name }));
    await dialog.locator(".jp-mod-accept").click();
    await dialog.waitFor({ state: "detached" });
    await this.kernelIs("Idle");
  }

  /** All cells, text and code. */
  get cells(): Locator {
    return this.page.locator(".jp-Notebook .jp-Cell");
  }

  /** The code cells alone. */
  get codeCells(): Locator {
    return this.page.locator(".jp-Notebook .jp-CodeCell");
  }

  /** Selects the first cell. */
  async selectFirst(): Promise<void> {
    await this.cells.first().click();
  }

  /** Presses ▶: runs the selected cell and selects the next. */
  async run(): Promise<void> {
    await this.page.locator('[data-command="notebook:run-cell-and-select-next"]').click();
  }

  /** Presses ■. */
  async stop(): Promise<void> {
    await this.page.locator('[data-command="notebook:interrupt-kernel"]').click();
  }

  /** Chooses "Run All Cells" in the menu. */
  async runAll(): Promise<void> {
    await this.page.locator(".lm-MenuBar-itemLabel", { hasText: /^Run$/ }).click();
    await this.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click();
  }

  /** Presses ⟳ and agrees. */
  async restart(): Promise<void> {
    await this.page.locator('[data-command="notebook:restart-kernel"]').click();
    const dialog = this.page.locator(".jp-Dialog");
    await dialog.locator(".jp-mod-accept").click();
    await dialog.waitFor({ state: "detached" });
    await this.kernelIs("Idle");
  }

  /** Writes the notebook into its file. */
  async save(): Promise<void> {
    await this.page.keyboard.press("ControlOrMeta+S");
  }

  /** Writes this code into a code cell in place of what is there. */
  async write(cell: Locator, code: string): Promise<void> {
    await cell.locator(".cm-content").click();
    await this.page.keyboard.press("ControlOrMeta+A");
    // Typed letter by letter, the editor would close brackets and indent on its own.
    await this.page.keyboard.insertText(code);
    await this.page.keyboard.press("Escape");
  }

  /** Waits until a code cell has run, and says what is seen of it. */
  async finished(cell: Locator, patienceMs = PATIENCE_MS): Promise<SeenCell> {
    const done = cell.locator(".jp-InputPrompt", { hasText: /\[\d+\]/ });
    await done.waitFor({ state: "attached", timeout: patienceMs });
    // Cells out of sight are not drawn, and outputs are drawn a moment after the number.
    await cell.scrollIntoViewIfNeeded();
    await this.#drawn();
    return await this.seen(cell);
  }

  /** What is seen of a code cell now. */
  async seen(cell: Locator): Promise<SeenCell> {
    // JupyterLab draws an error as it draws what is written to stderr.
    const error = '[data-mime-type="application/vnd.jupyter.stderr"]';
    const outputs = cell.locator(`.jp-OutputArea-output:not(${error})`);
    return {
      prompt: await cell.locator(".jp-InputPrompt").innerText(),
      text: (await outputs.allInnerTexts()).join("\n"),
      error: (await cell.locator(error).allInnerTexts()).join("\n"),
      pictures: await cell.locator("img, .js-plotly-plot .main-svg").evaluateAll((found) =>
        found.filter((picture) => picture.getBoundingClientRect().width > 0).length
      ),
    };
  }

  /** Waits until the page has nothing left to draw: twice, as drawing may begin more of it. */
  async #drawn(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await this.page.evaluate("new Promise((idle) => requestIdleCallback(() => idle()))");
    }
  }
}
