/** WebSocket messages that are right but for a few places. */
import type { Chance } from './chance.ts';
import { mutateBytes, mutateJson } from './json.ts';
import { binaryParts, queryOf, type Target } from './requests.ts';

function framed(length: number, ...parts: Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, ...parts]);
}

/** Text, or bytes for a binary frame. */
export function frame(chance: Chance, target: Target): string | Buffer {
  const id = chance.pick(['a', 'b', 'a', '', '🙂', 'x'.repeat(300)]);
  switch (chance.below(8)) {
    case 0:
      return JSON.stringify({ cancel: chance.pick<unknown>([id, 1, null, {}, [], 'x'.repeat(300)]) });
    case 1:
      return JSON.stringify(
        chance.pick<unknown>([{}, [], null, 1, 'x', { hello: 1 }, { id: 'a' }, { id: {} }]),
      );
    case 2: {
      const { json, behind } = binaryParts(chance, target, id);
      return framed(json.length, json, behind);
    }
    case 3: {
      const { json, behind } = binaryParts(chance, target, id);
      const lie = chance.pick([
        0,
        1,
        json.length - 1,
        json.length + 1,
        json.length + behind.length + 1,
        2 ** 32 - 1,
      ]);
      return framed(Math.max(0, lie), json, behind);
    }
    case 4: {
      const { json, behind } = binaryParts(chance, target, id);
      return mutateBytes(chance, framed(json.length, json, behind));
    }
    case 5:
      return JSON.stringify(queryOf(chance, target, id));
    default:
      return mutateJson(chance, queryOf(chance, target, id));
  }
}
