import { MillraceError } from '../../operators/index.ts';
import type { Layout } from './layout.ts';

/**
 * Slots of values to give along with each answer, and their names.
 *
 * @throws MillraceError `not-found` naming the values there are
 */
export function shownSlots(layout: Layout, names: readonly string[]): Map<number, string> {
  const slots = new Map<number, string>();
  for (const name of names) {
    const slot = layout.slotOf(name);
    if (slot === undefined) {
      const known = layout.stages.flatMap(({ stage, outputs }) =>
        outputs.map(({ port }) => `${stage.name}.${port}`),
      );
      throw new MillraceError('not-found', `there is no "${name}" to show; there are ${known.join(', ')}`);
    }
    slots.set(slot, name);
  }
  return slots;
}
