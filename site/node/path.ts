/** `node:path` for POSIX paths. */

export function join(...parts: string[]): string {
  const whole = parts.filter((part) => part !== "").join("/");
  const kept: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  const end = whole.endsWith("/") && kept.length > 0 ? "/" : "";
  return `${whole.startsWith("/") ? "/" : ""}${kept.join("/")}${end}`;
}

export function resolve(...parts: string[]): string {
  return join(...parts).replace(/(.)\/$/, "$1");
}

export function dirname(path: string): string {
  return path.replace(/\/+[^/]*$/, "") || "/";
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export default { basename, dirname, join, resolve };
