/** Answers to an exercise, as learners may write them. */
export interface Answers {
  /** By what is peculiar in them; each gets all points. */
  readonly right: Readonly<Record<string, unknown>>;
  /** By the name of the mistake that the check must recognize. */
  readonly wrong: Readonly<Record<string, unknown>>;
}
