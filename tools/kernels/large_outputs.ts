/**
 * Takes large outputs of the Deno kernel from files.
 *
 * The kernel writes a message to its socket in parts if the socket's buffer is too full for the whole of it. A
 * status that the kernel publishes meanwhile lands between two parts: the stream is broken, and outputs are lost.
 * A large output therefore goes through a file, and a small message names the file.
 */
import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Content } from "./wire.ts";

/** The environment variable that tells the kernel the folder for the files. */
export const OUTPUTS_FOLDER = "RESIDUAL_OUTPUTS";

/** The only field of the message that names a file. */
const FILE = "residual_file";

/** The longest content that is sent without a file, in UTF-16 units as JSON. A socket's buffer holds many. */
const LONGEST_SENT = 32_768;

/**
 * Code for the kernel. All functions of `Deno.jupyter`, and the value of a cell, take the operation that sends
 * from one table when they are made, so it is replaced there and they are made again.
 */
export const SEND_LARGE_OUTPUTS_BY_FILE = `
{
  const { core, enableJupyter } = Deno[Deno.internal];
  const send = core.ops.op_jupyter_broadcast;
  const folder = Deno.env.get("${OUTPUTS_FOLDER}");
  let count = 0;
  const inFile = (content) => {
    try {
      const text = JSON.stringify(content);
      if (text.length <= ${LONGEST_SENT}) return content;
      const name = \`output-\${++count}.json\`;
      Deno.writeTextFileSync(\`\${folder}/\${name}\`, text, { createNew: true });
      return { ${FILE}: name };
    } catch {
      // No room for the file, or no JSON: the kernel sends the content itself, or says what is wrong with it.
      return content;
    }
  };
  core.ops.op_jupyter_broadcast = (type, content, metadata, buffers) =>
    send(type, inFile(content), metadata, buffers);
  enableJupyter();
}`;

/** The content of a message from the kernel. If it stands in a file of `folder`, the file is removed. */
export function contentOf(sent: Content, folder: string): Content {
  const name = sent[FILE];
  if (typeof name !== "string") return sent;
  const file = join(folder, basename(name));
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Content;
  } catch (error) {
    const text = `This output is lost: its file cannot be read (${(error as Error).message}).`;
    return { data: { "text/plain": text }, metadata: {}, transient: {} };
  } finally {
    rmSync(file, { force: true });
  }
}
