/** Finds import cycles between files, and between the topic folders of `lib`. Type-only imports count. */
import path from "node:path/posix";
import ts from "typescript";

/** What each node imports; nodes are files or folders. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Nodes that all reach each other through imports. */
export interface Cycle {
  /** Every node of the group, sorted. */
  readonly members: readonly string[];
  /** A shortest way around from the first member: `[a, b, a]`. */
  readonly way: readonly string[];
}

/**
 * Reads the imports of every file: `import`, `import type`, `export ... from` and `import(...)`.
 *
 * @param files The text of each file by its path, with `/`.
 * @param aliases Paths by the bare names that import them, such as `residual`.
 * @returns Only imports of other files in `files`.
 */
export function importGraph(
  files: ReadonlyMap<string, string>,
  aliases: Readonly<Record<string, string>> = {},
): Graph {
  return new Map([...files].map(([file, text]) => {
    const { importedFiles } = ts.preProcessFile(text, true, true);
    const imports = importedFiles.map(({ fileName }) =>
      aliases[fileName] ?? path.join(path.dirname(file), fileName)
    );
    return [file, new Set(imports.filter((imported) => files.has(imported)))];
  }));
}

/**
 * Merges the files of each topic folder below `root` into one node; files directly in `root` and
 * outside it are left out.
 */
export function folderGraph(graph: Graph, root: string): Graph {
  const folders = new Map<string, Set<string>>();
  const folderOf = (file: string) => {
    const [top, topic, ...rest] = file.split("/");
    return top === root && rest.length > 0 ? `${top}/${topic}` : undefined;
  };
  for (const [file, imports] of graph) {
    const from = folderOf(file);
    if (from === undefined) continue;
    const edges = folders.get(from) ?? new Set();
    folders.set(from, edges);
    for (const imported of imports) {
      const to = folderOf(imported);
      if (to !== undefined && to !== from) edges.add(to);
    }
  }
  return folders;
}

/** Names, for each step of a way around folders, the first file that imports the next folder. */
export function filesOnTheWay(files: Graph, way: readonly string[]): string {
  const steps = way.slice(1).map((to, i) => {
    const from = way[i]!;
    for (const [file, imports] of files) {
      const imported = [...imports].find((other) => other.startsWith(`${to}/`));
      if (file.startsWith(`${from}/`) && imported !== undefined) return `${file} → ${imported}`;
    }
    throw new Error(`No file of ${from} imports one of ${to}.`);
  });
  return `${way.join(" → ")} (${steps.join("; ")})`;
}

/** The cycles of a graph; each node belongs to one cycle at most. */
export function findCycles(graph: Graph): Cycle[] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachableFrom(graph, node)]));
  const done = new Set<string>();
  const cycles: Cycle[] = [];
  for (const node of [...graph.keys()].sort()) {
    if (done.has(node) || !reached.get(node)!.has(node)) continue;
    const members = [...reached.get(node)!].filter((other) => reached.get(other)?.has(node)).sort();
    members.forEach((member) => done.add(member));
    cycles.push({ members, way: shortestWayAround(graph, node) });
  }
  return cycles;
}

/** Every node at the end of one import or more. */
function reachableFrom(graph: Graph, start: string): Set<string> {
  const reached = new Set<string>();
  const open = [start];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const next of graph.get(node) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(next);
    }
  }
  return reached;
}

/** Breadth-first search from a node of a cycle back to the same node. */
function shortestWayAround(graph: Graph, start: string): string[] {
  const ways = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of graph.get(way.at(-1)!) ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  throw new Error(`${start} is not part of a cycle.`);
}

/**
 * Describes each cycle.
 *
 * @param describe Writes a way around a cycle for the reader.
 */
export function cycleFaults(
  graph: Graph,
  describe = (way: readonly string[]) => way.join(" → "),
): string[] {
  return findCycles(graph).map(({ members, way }) => {
    const others = members.length - new Set(way).size;
    const rest = others > 0 ? ` (${members.length} in the group: ${members.join(", ")})` : "";
    return `Import cycle: ${describe(way)}${rest}. Move what they share into a file of its own.`;
  });
}
