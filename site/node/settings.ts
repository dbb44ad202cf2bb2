/** What a program would find in its environment: settings, and the folder in which it runs. */

/** The folder of the notebooks, as the kernel sees it. */
export const WORKING_FOLDER = "/notebooks";

export const settings: Record<string, string | undefined> = {};

/** Sets the settings before the first cell. */
export function setSettings(values: Readonly<Record<string, string>>): void {
  Object.assign(settings, values);
}
