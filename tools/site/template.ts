/** The templates of the site's pages. */
import fs from "node:fs";
import path from "node:path";
import { CHECKOUT } from "../setup/paths.ts";

/** A page of the site with the styles that all pages share. */
export function pageTemplate(name: string): string {
  const read = (file: string) => fs.readFileSync(path.join(CHECKOUT, "site", file), "utf8");
  return read(name).replace("/* SHARED */", () => read("pages/shared.css"));
}
