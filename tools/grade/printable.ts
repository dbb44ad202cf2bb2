/** Makes text from students safe to print in a terminal. */

/** Enough for any name that a person chose. */
const MOST_CHARACTERS = 200;

/**
 * Control characters, format characters (zero-width, bidirectional), line and paragraph separators, lone
 * surrogates, other characters without a glyph, and a backslash that looks like the start of our escapes.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/**
 * Returns text that cannot move a terminal's cursor, change the terminal's title or reorder a line. Hidden
 * characters become escapes such as `\u{1b}`. Text with more than `most` characters is cut and ends in "…".
 * Different texts with at most `most` characters stay different.
 */
export function printable(text: string, most = MOST_CHARACTERS): string {
  // A character has at most two code units.
  const characters = Array.from(text.slice(0, 2 * most + 2));
  const shown = characters.slice(0, most).join("").replace(
    HIDDEN,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return characters.length > most ? `${shown}…` : shown;
}
