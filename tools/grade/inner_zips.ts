/** Opens zips inside the submissions. */
import { type FileItem, type FolderItem, isZip, type Item } from "./item.ts";
import { printable } from "./printable.ts";
import { openZip } from "./zip.ts";

/** Returns the tree with each zip opened. Zips inside these zips stay closed. */
export async function withZipsOpened(folder: FolderItem): Promise<FolderItem> {
  const items: Item[] = [];
  for (const item of folder.items) {
    if (item.kind === "folder") items.push(await withZipsOpened(item));
    else items.push(item.kind === "file" && isZip(item.name) ? await opened(item) : item);
  }
  return { ...folder, items };
}

async function opened(zip: FileItem): Promise<Item> {
  try {
    return withZipsClosed(await openZip(zip));
  } catch (error) {
    return unread(zip, `cannot be read as a zip: ${printable((error as Error).message)}`);
  }
}

function withZipsClosed(folder: FolderItem): FolderItem {
  const items = folder.items.map((item) => {
    if (item.kind === "folder") return withZipsClosed(item);
    return item.kind === "file" && isZip(item.name)
      ? unread(item, "a zip inside another zip, not opened; unpack it")
      : item;
  });
  return { ...folder, items };
}

function unread({ name, path }: FileItem, problem: string): Item {
  return { kind: "unread", name, path, isFolder: false, problem };
}
