/** The served pipelines, by name and version. */
import { MillraceError } from '../../operators/index.ts';
import { nearest } from '../../pipelines/index.ts';
import type { Service } from './service.ts';

export class Repository {
  readonly #services = new Map<string, Service[]>();

  /** @throws MillraceError `invalid-pipeline` if there is one of this name and version already */
  add(service: Service): void {
    const versions = this.#services.get(service.name) ?? [];
    if (versions.some(({ version }) => version === service.version)) {
      const message = `two pipelines are named "${service.name}"; each served one needs a name of its own`;
      throw new MillraceError('invalid-pipeline', message);
    }
    this.#services.set(service.name, [...versions, service]);
  }

  /** All of them, in the order they were added; versions of one name together. */
  all(): Service[] {
    return [...this.#services.values()].flat();
  }

  /** The versions of a name, in the order they were added. */
  versionsOf(name: string): string[] {
    return (this.#services.get(name) ?? []).map(({ version }) => version);
  }

  /**
   * A service, ready or not.
   * @param version the last that was added unless given
   * @throws MillraceError `not-found`
   */
  find(name: string, version?: string): Service {
    const versions = this.#services.get(name);
    if (!versions) {
      const names = [...this.#services.keys()];
      const guess = nearest(name, names);
      const hint = guess
        ? `did you mean "${guess}"?`
        : `there are ${names.map(known => `"${known}"`).join(', ')}`;
      throw new MillraceError('not-found', `no pipeline is named "${name}"; ${hint}`);
    }
    const found =
      version === undefined ? versions.at(-1) : versions.find(service => service.version === version);
    if (found) return found;
    const known = versions.map(service => service.version).join(', ');
    throw new MillraceError('not-found', `pipeline "${name}" has no version "${version}"; there is ${known}`);
  }

  isReady(): boolean {
    return this.all().every(({ state }) => state === 'READY');
  }
}
