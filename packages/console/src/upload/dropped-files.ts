/** Files with the paths they have below what was dropped or chosen. */
export interface PickedFile {
  /** Relative, with slashes: `site/css/main.css`. */
  readonly name: string;
  /** Absent: a folder that nothing lies in. */
  readonly file?: File;
}

/** All files of a drop, those in folders included, and empty folders. Call it while the event is being handled. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly PickedFile[]> {
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry === null ? [] : [entry];
  });
  return (await Promise.all(entries.map((entry) => filesOf(entry, "")))).flat();
}

/** Of a chooser; one for folders tells each file's path. */
export function chosenFiles(list: FileList): readonly PickedFile[] {
  return [...list].map((file) => ({
    name: file.webkitRelativePath === "" ? file.name : file.webkitRelativePath,
    file,
  }));
}

async function filesOf(entry: FileSystemEntry, below: string): Promise<readonly PickedFile[]> {
  const name = `${below}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // A reader gives a hundred at a time, and nothing when it has come to the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  if (found.length === 0) return [{ name }];
  return (await Promise.all(found.map((child) => filesOf(child, `${name}/`)))).flat();
}
