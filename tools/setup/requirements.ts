/** Reads requirements.txt by its sections (`# == name ==`). */
import fs from "node:fs";
import { sha256, type Site } from "./paths.ts";

/** The lines of one section; throws for a section that is not there. */
export function section(site: Site, name: string): string[] {
  const lines = fs.readFileSync(site.at("requirements.txt"), "utf8").split(/\r?\n/);
  const start = lines.indexOf(`# == ${name} ==`);
  if (start < 0) throw new Error(`requirements.txt has no section "# == ${name} =="`);
  const found: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith("# ==")) break;
    if (line.trim() !== "" && !line.startsWith("#")) found.push(line.trim());
  }
  return found;
}

/** A digest that changes when a section's packages do. */
export function sectionDigest(site: Site, name: string): string {
  return sha256(section(site, name).join("\n"));
}
