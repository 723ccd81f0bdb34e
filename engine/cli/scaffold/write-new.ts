import { constants } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../command.ts';

/** A file to be made: of a text, or as a copy of another file. */
export type NewFile = { path: string } & ({ text: string } | { copyOf: string });

/**
 * Writes files that must not be there yet: all of them, or none.
 * @throws UsageError if one is there already or can't be written
 */
export async function writeNew(files: readonly NewFile[]): Promise<void> {
  const written: string[] = [];
  for (const file of files) {
    try {
      await mkdir(dirname(file.path), { recursive: true });
      await writeOne(file);
      written.push(file.path);
    } catch (error) {
      await Promise.all(written.map(path => rm(path)));
      throw refusal(file.path, error as NodeJS.ErrnoException);
    }
  }
}

/**
 * Makes a folder and the files in it: all of them, or none.
 * @throws UsageError if the folder is there already or something can't be written
 */
export async function writeNewFolder(folder: string, files: readonly NewFile[]): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder);
  } catch (error) {
    throw refusal(folder, error as NodeJS.ErrnoException);
  }
  try {
    await writeNew(files);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

async function writeOne(file: NewFile): Promise<void> {
  // Both refuse a path that is there, in the same step as they write: nothing is overwritten, whoever else writes.
  if ('copyOf' in file) {
    await copyFile(file.copyOf, file.path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return;
  }
  try {
    await writeFile(file.path, file.text, { flag: 'wx' });
  } catch (error) {
    // Opened by us and then left short, on a full disk for one.
    if ((error as NodeJS.ErrnoException).syscall === 'write') await rm(file.path, { force: true });
    throw error;
  }
}

function refusal(path: string, error: NodeJS.ErrnoException): UsageError {
  if (error.code === 'EEXIST') {
    return new UsageError(`${path} is there already, and nothing was written; choose another name or --dir`);
  }
  return new UsageError(`${path} can't be written: ${error.message}`);
}
