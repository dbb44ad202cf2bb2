/** The little Markdown that hints and explanations are written in: `code` and **emphasis**. */
import { escapeHtml } from "../display/html.ts";

/** As HTML. */
export function inlineHtml(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*\*([^*]+)\*\*/g, "<b>$1</b>");
}

/** As plain text: emphasis without asterisks, code with its backticks. */
export function plainText(text: string): string {
  return text.replace(/\*\*([^*]+)\*\*/g, "$1");
}
