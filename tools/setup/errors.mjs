// What set-up says when something fails: what it wanted, what it tried, what came back, what to do.

/** An error a learner can act on. */
export class SetupError extends Error {
  /** @param {{ what: string, tried: string, came: string, next: string }} told */
  constructor({ what, tried, came, next }) {
    super(what);
    this.name = "SetupError";
    this.what = what;
    this.tried = tried;
    this.came = came;
    this.next = next;
  }

  /** The four lines that are printed. */
  toText() {
    return [
      `Failed:    ${this.what}`,
      `Tried:     ${this.tried}`,
      `Came back: ${this.came}`,
      `Next:      ${this.next}`,
    ].join("\n");
  }
}

const DISK_FULL = /ENOSPC|No space left on device|Disk quota exceeded|os error 28/i;
const OFFLINE =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|name resolution|NewConnectionError|Connection refused|Network is unreachable|Max retries exceeded|No address associated|Could not resolve host|Couldn't connect to server|Failed to connect to/i;
const BAD_PACKAGE =
  /BadZipFile|not a zip file|invalid wheel|wheel .*is invalid|has an invalid wheel|HASHES? .*DO NOT MATCH|EINTEGRITY|TAR_BAD_ARCHIVE|zlib.error|unexpected end of file/i;

/**
 * Turns the failure of a command (or of a file operation) into advice by what its output says.
 * @param {{ what: string, tried: string, output: string, next: string, room?: string }} told
 */
export function explain({ what, tried, output, next, room = "" }) {
  const came = lastWords(output);
  if (DISK_FULL.test(output)) {
    return new SetupError({
      what,
      tried,
      came,
      next: `The disk is full. Make room${room} and start again.`,
    });
  }
  if (BAD_PACKAGE.test(output)) {
    return new SetupError({
      what,
      tried,
      came,
      next:
        "A downloaded package cannot be read. Empty the caches (`python3 -m pip cache purge`, " +
        "`npm cache clean --force`) and start again.",
    });
  }
  if (OFFLINE.test(output)) {
    return new SetupError({
      what,
      tried,
      came,
      next:
        "The server cannot be reached. Check the network (and proxy settings), then start again: " +
        "what is already here is kept.",
    });
  }
  return new SetupError({ what, tried, came, next });
}

/**
 * The lines of a command's output that say why it failed, shortened.
 * @param {string} output
 */
export function lastWords(output) {
  const lines = output.split(/[\r\n]+/).map((line) =>
    line.replace(/^npm error/, "npm error:").trim()
  )
    .filter((line) =>
      !/^(|npm error:|npm (notice|warn).*|\[notice\].*|Progress \d.*)$/i.test(line)
    );
  const errors = lines.filter((line) => /\berror: /i.test(line));
  const telling = lines.filter((line) => DISK_FULL.test(line) || BAD_PACKAGE.test(line));
  const words = [
    ...telling.slice(0, 1),
    ...(errors.length > 0 ? errors.slice(0, 3) : lines.slice(-2)),
  ];
  const text = [...new Set(words)].join(" | ");
  return text === "" ? "no output" : text.length > 300 ? `${text.slice(0, 297)}...` : text;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
