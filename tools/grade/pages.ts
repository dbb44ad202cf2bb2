/** The common layout of all pages, and their file names. */
import { createHash } from "node:crypto";
import { escapeHtml } from "../../lib/display/html.ts";

/** A page that stands alone: no file beside it is needed, unless `head` asks for one. */
export function page(title: string, body: string, head = ""): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
tr + tr td { border-top: 1px solid #8884; }
section { margin: 2rem 0; }
pre { white-space: pre-wrap; background: #8881; padding: 0.8rem; }
.notice { border-left: 4px solid #bf8700; padding-left: 0.8rem; }
.quiet { opacity: 0.7; }
</style>
${head}</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

/** Names that are valid file names on every system. All other names get a digest. */
const SIMPLE_NAME = /^[a-z0-9_][a-z0-9_-]{0,59}$/;

/** Windows reserves these names for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** The length of a readable prefix, in characters, and of a digest, in hexadecimal digits. */
const PREFIX_LENGTH = 40;
const DIGEST_LENGTH = 20;

/**
 * Returns the file name of a student's page, without the extension, in at most 61 ASCII characters.
 *
 * Different students have different files, even on file systems that ignore case or Unicode normalization. A
 * simple lowercase name stays unchanged. Any other name becomes a readable prefix, "~" and SHA-256 digits.
 */
export function fileNameOf(student: string): string {
  if (SIMPLE_NAME.test(student) && !DEVICE.test(student)) return student;
  const prefix = student.slice(0, 4 * PREFIX_LENGTH).normalize("NFKD").toLowerCase()
    .replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, PREFIX_LENGTH);
  // JSON escapes lone surrogates, which would all be the same in UTF-8.
  const digest = createHash("sha256").update(JSON.stringify(student)).digest("hex");
  return `${prefix}~${digest.slice(0, DIGEST_LENGTH)}`;
}
