/**
 * Errors of set-up: what failed, what was tried, the result, and what to do.
 */

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
      `Result:    ${this.came}`,
      `Next:      ${this.next}`,
    ].join("\n");
  }
}

/** Causes that the output of a command names, with the advice for each. The first that matches counts. */
const CAUSES = {
  diskFull: {
    pattern: /ENOSPC|No space left on device|Disk quota exceeded|os error 28/i,
    /** @param {string} room */
    next: (room) => `The disk is full. Make room${room} and start again.`,
  },
  badPackage: {
    pattern:
      /BadZipFile|not a zip file|invalid wheel|wheel .*is invalid|has an invalid wheel|HASHES? .*DO NOT MATCH|EINTEGRITY|TAR_BAD_ARCHIVE|zlib.error|unexpected end of file/i,
    next: () =>
      "A downloaded package cannot be read. Empty the caches (`python3 -m pip cache purge`, " +
      "`npm cache clean --force`) and start again.",
  },
  fewFiles: {
    pattern: /EMFILE|ENFILE|Too many open files/i,
    next: () =>
      "The limit on open files is too low. Raise the limit (`ulimit -n 4096`) and start again. If that is " +
      "refused, ask the machine's administrator for a higher limit.",
  },
  fewProcesses: {
    pattern: /EAGAIN|Resource temporarily unavailable|can't start new thread/i,
    next: () =>
      "The limit on processes is too low. Raise the limit (`ulimit -u 4096`) and start again. If that is " +
      "refused, ask the machine's administrator for a higher limit.",
  },
  noMemory: {
    pattern: /ENOMEM|heap out of memory|MemoryError|Cannot allocate memory/i,
    next: () => "The memory is not enough. Close other programs and start again.",
  },
  certificate: {
    pattern: /CERTIFICATE_VERIFY_FAILED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|SELF_SIGNED_CERT/i,
    next: () =>
      "The network replaces the servers' certificates, as some companies and schools do. Name the file with " +
      "their certificate in NODE_EXTRA_CA_CERTS and PIP_CERT, and start again.",
  },
  offline: {
    pattern:
      /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|name resolution|NewConnectionError|Connection refused|Network is unreachable|Max retries exceeded|No address associated|Could not resolve host|Couldn't connect to server|Failed to connect to/i,
    next: () =>
      "The server cannot be reached. Check the network and its proxy settings, and start again. Finished " +
      "steps are kept.",
  },
};

/**
 * Explains the failure of a command or of a file operation by its output.
 * @param {{ what: string, tried: string, output: string, next: string, room?: string }} told
 */
export function explain({ what, tried, output, next, room = "" }) {
  const cause = Object.values(CAUSES).find(({ pattern }) => pattern.test(output));
  return new SetupError({ what, tried, came: lastWords(output), next: cause?.next(room) ?? next });
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
  const telling = lines.filter((line) =>
    CAUSES.diskFull.pattern.test(line) || CAUSES.badPackage.pattern.test(line)
  );
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
