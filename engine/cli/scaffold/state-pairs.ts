/** Guessing which of a model's outputs is the next value of which of its inputs. */
import type { RankedPort } from './ranked-model.ts';
import { isFree } from './dimensions.ts';

/** Parts of an input's name that say at which end of a step it is, and nothing of what it is; then of an output's. */
const before = new Set(['in', 'input', 'init', 'initial', 'old', 'past', 'prev', 'previous']);
const after = new Set(['n', 'new', 'next', 'out', 'output', 'present', 'updated']);

/** Those that are as common around what is no state at all, such as `image` and `output_image`. */
const weak = new Set(['in', 'input', 'out', 'output']);

/** What recurrent models call what they remember. */
const remembered = /state|hidden|cell|cache|mem|context|lstm|gru|rnn|buf|kv|^[hc]x?\d*$/;

/** A name apart: `new_hidden.0` is about `hidden_0` and marked `new`; `stateN` is about `state` and marked `n`. */
function dissect(name: string, ends: ReadonlySet<string>): { about: string; marks: string[] } {
  const parts = name
    .replace('past_key_values', 'past')
    .replace(/^([hc])_?0$/i, '$1_initial')
    .replace(/^([hc])n$/i, '$1_next')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(part => part !== '');
  const marks = parts.filter(part => ends.has(part));
  return { about: parts.filter(part => !ends.has(part)).join('_'), marks };
}

function namesAgree(input: string, output: string): boolean {
  const from = dissect(input, before);
  const to = dissect(output, after);
  const marks = [...from.marks, ...to.marks];
  if (from.about !== to.about || to.about === '' || marks.length === 0) return false;
  return marks.some(mark => !weak.has(mark)) || remembered.test(to.about);
}

function typesAgree(input: RankedPort, output: RankedPort): boolean {
  return (
    input.datatype === output.datatype &&
    input.shape.length === output.shape.length &&
    input.shape.every(
      (size, axis) => isFree(size) || isFree(output.shape[axis]!) || size === output.shape[axis],
    )
  );
}

/**
 * Input → output that is its next value, where names, datatypes and shapes suggest it (`state` and `stateN`, `h0` and
 * `hn`, `cache_in` and `cache_out`, `past_key_values.0.key` and `present.0.key`). Empty if nothing would be left for a
 * query to bring, or no output for it to get.
 */
export function statePairs(
  inputs: readonly RankedPort[],
  outputs: readonly RankedPort[],
): Map<string, string> {
  const pairs = new Map<string, string>();
  const taken = new Set<string>();
  for (const input of inputs) {
    if (input.shape.length === 0) continue;
    const output = outputs.find(
      port => !taken.has(port.name) && typesAgree(input, port) && namesAgree(input.name, port.name),
    );
    if (!output) continue;
    pairs.set(input.name, output.name);
    taken.add(output.name);
  }
  const left = inputs.filter(port => port.shape.length > 0).length - pairs.size;
  return left > 0 && outputs.length > pairs.size ? pairs : new Map();
}
