/** Files kept from one start to the next, of one pipeline on one machine. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { hostFacts, hostFingerprint, type Host } from './host.ts';

/** The folder for what can be made again: `$XDG_CACHE_HOME/millrace`, or the platform's usual one. */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  const given = env['XDG_CACHE_HOME'];
  // A relative path is to be ignored, says the XDG base directory specification.
  if (given && isAbsolute(given)) return join(given, 'millrace');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'millrace');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'millrace', 'Cache');
  return join(homedir(), '.cache', 'millrace');
}

/** Hexadecimal digits of an identity that go into a name. */
const digits = 16;

/**
 * Files in `FINGERPRINT/PIPELINE-…/` of a cache folder. A file's name has the identity of what it was made from, so one
 * made from something else is not found; a newer one takes its place, so that there is one of each kind.
 */
export class KeptFiles {
  readonly folder: string;

  /**
   * @param root the cache folder
   * @param pipeline one at another path is another, though it has the same name
   */
  constructor(root: string, pipeline: { name: string; directory: string }, host: Host = hostFacts()) {
    const place = createHash('sha256').update(pipeline.directory).digest('hex').slice(0, 8);
    this.folder = join(root, hostFingerprint(host), `${pipeline.name}-${place}`);
  }

  /** @param kind how its name ends, `cpu.profile.json` for one */
  path(kind: string, identity: string): string {
    return join(this.folder, `${identity.slice(0, digits)}.${kind}`);
  }

  /** Null if there is none. */
  async read(kind: string, identity: string): Promise<string | null> {
    return readFile(this.path(kind, identity), 'utf8').catch(() => null);
  }

  /** Writes it whole or not at all. @throws what the file system does */
  async write(kind: string, identity: string, text: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const path = this.path(kind, identity);
    // Another process may be at the same.
    const part = `${path}.${process.pid}.part`;
    try {
      await writeFile(part, text);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await this.#removeOthers(kind, path);
  }

  async remove(kind: string, identity: string): Promise<void> {
    await rm(this.path(kind, identity), { force: true });
  }

  async #removeOthers(kind: string, path: string): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const other = join(this.folder, name);
      const isOfKind = name.slice(digits) === `.${kind}`;
      if (isOfKind && other !== path) await rm(other, { force: true });
    }
  }
}
