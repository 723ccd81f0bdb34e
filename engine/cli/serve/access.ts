/** The options of `serve` that say who may use the server. */
import { renderDiagnostics } from '../../../pipelines/index.ts';
import { MillraceError } from '../../../operators/index.ts';
import { KeyAccess } from '../../server/access/key-access.ts';
import { loadKeys } from '../../server/access/keys-file.ts';
import { Origins } from '../../server/access/origins.ts';
import { say, textOption, UsageError, type Arguments, type Command } from '../command.ts';

export const accessOptions = {
  keys: { type: 'string' },
  'allow-origin': { type: 'string', multiple: true },
} as const satisfies Command['options'];

export const accessHelp = `\
  --keys FILE             API keys (see millrace new key): requests need one, and management one that may manage.
                          Without the file all but management is open to whoever can connect
  --allow-origin ORIGIN   an origin whose web pages may ask, https://example.com; may be given again; "*": any
`;

function originsOf(args: Arguments, host: string): Origins {
  const given = args.values['allow-origin'];
  try {
    return new Origins(Array.isArray(given) ? given.map(String) : [], host);
  } catch (error) {
    if (error instanceof MillraceError) throw new UsageError(`--allow-origin: ${error.message}`);
    throw error;
  }
}

/**
 * @param host that the server listens on
 * @param pipelines names of what is served
 * @throws UsageError; PipelineError if the file of keys has mistakes, MillraceError `not-found` if there is none
 */
export async function readAccess(
  args: Arguments,
  host: string,
  pipelines: readonly string[],
): Promise<KeyAccess> {
  const origins = originsOf(args, host);
  const path = textOption(args, 'keys');
  if (path === undefined) return new KeyAccess(null, origins);
  const { keys, warnings } = await loadKeys(path, pipelines);
  if (warnings.length > 0) say(`${renderDiagnostics(warnings)}\n`);
  return new KeyAccess(keys, origins);
}
