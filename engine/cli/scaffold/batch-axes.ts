/** Guessing which axis of each of a model's ports is the one that queries are stacked along. */
import type { Dimension } from '../../../operators/index.ts';
import { isFree } from './dimensions.ts';
import type { RankedModel, RankedPort } from './ranked-model.ts';

const isName = (size: Dimension | undefined) => typeof size === 'string';

/** The name that a model gives its batch's size: one that says so, or else that of the first axis of an input. */
function batchName(inputs: readonly RankedPort[]): string | null {
  const telling = inputs
    .flatMap(({ shape }) => shape.filter(isName))
    .find(size => /batch|^(?:n|b|bs)$/i.test(size));
  return telling ?? inputs.map(({ shape }) => shape[0]).find(isName) ?? null;
}

/** Port's name → axis; null for a port that is of one shape whatever the batch. */
type BatchAxes = ReadonlyMap<string, number | null>;

/**
 * The batch axis of each input and output. Mostly the first; but a recurrent state is often [layers, batch, size], so
 * where a first axis is fixed, the one of the batch's name, or the first free one, is taken.
 * @param states input → output that is its next value
 * @returns null if no input has an axis that can be a batch of any size or of one
 */
export function batchAxes(model: RankedModel, states: ReadonlyMap<string, string>): BatchAxes | null {
  const name = batchName(model.inputs);
  const isOpen = ({ shape }: RankedPort) => isFree(shape[0]) || (name !== null && shape.includes(name));
  const open = model.inputs.some(isOpen);
  // An input of a fixed first axis can have its batch elsewhere only beside one that shows there is a batch.
  if (!open && !model.inputs.some(({ shape }) => shape[0] === 1)) return null;

  const axisOf = ({ shape }: RankedPort, isState: boolean): number | null => {
    const named = name === null ? -1 : shape.indexOf(name);
    if (named >= 0) return named;
    const firstFree = shape.findIndex(isFree);
    if (isFree(shape[0]) || (shape[0] === 1 && !(isState && open && firstFree > 0))) return 0;
    const single = shape.indexOf(1);
    const found = (open ? [firstFree, single] : [single, firstFree]).find(axis => axis >= 0);
    return found ?? null;
  };

  const axes = new Map<string, number | null>();
  for (const port of model.inputs) axes.set(port.name, axisOf(port, states.has(port.name)));
  const inputOf = new Map([...states].map(([input, output]) => [output, input]));
  for (const port of model.outputs) {
    const input = inputOf.get(port.name);
    // The two ends of a state batch alike, also where the output's shape says nothing ([-1, -1, -1]).
    axes.set(port.name, input === undefined ? axisOf(port, false) : axes.get(input)!);
  }
  return axes;
}
