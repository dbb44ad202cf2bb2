/** Makes text from students safe to print in a terminal. */

/** Enough for any name that a person wrote. */
const MOST_CHARACTERS = 200;

/**
 * Control characters, format characters (zero-width, bidirectional), line and paragraph separators, lone
 * surrogates and other characters without a glyph; and a backslash that looks like one of our escapes.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/**
 * Text that cannot move a terminal's cursor, change its title or reorder a line: hidden characters become
 * `\u{1b}`, and text with more than `most` characters ends in "…". Different texts of at most `most`
 * characters stay different.
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
