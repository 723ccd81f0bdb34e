/** Batches and results as messages; see `format.ts` for why. */
import type { Value } from '../../../operators/index.ts';
import type { Batch, BatchItem, BatchResult, ItemError, ItemResult, Program } from '../message.ts';
import type { Wire } from './format.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

/**
 * Layout: the programs' numbers; how many of the shared buffers, which come first, are recycled; then each item.
 * @param known the programs that the receiver has, with their numbers; new ones go along and are added
 */
export function packBatch(
  batch: Batch,
  known: Map<Program, number>,
): { wire: Wire; transfer: ArrayBuffer[] } {
  const writer = new WireWriter();
  const wire = writer.wire(writeBatch(writer, batch, known));
  return { wire, transfer: writer.transferable };
}

/** @returns what the layout can't say; 0: nothing */
export function writeBatch(
  writer: WireWriter,
  { programs, items, recycled }: Batch,
  known: Map<Program, number>,
): readonly Program[] | 0 {
  const { layout } = writer;
  const added: Program[] = [];
  layout.push(programs.length);
  for (const program of programs) {
    if (!known.has(program)) {
      known.set(program, known.size);
      added.push(program);
    }
    layout.push(known.get(program)!);
  }
  for (const block of recycled) writer.place(block);
  layout.push(recycled.length, items.length);
  for (const { program, values, context } of items) {
    layout.push(program, context.query, context.index, context.last ? 1 : 0, values.length);
    for (const value of values) writer.value(value);
  }
  return added.length > 0 ? added : 0;
}

/** @param known the programs received so far, by number; new ones are added */
export function unpackBatch(wire: Wire, known: Program[]): Batch {
  const [, , , added] = wire;
  if (added !== 0) known.push(...(added as Program[]));
  const reader = new WireReader(wire);
  const programs = reader.numbers().map(number => known[number]!);
  const recycled = reader.shared(reader.next());
  const items: BatchItem[] = [];
  for (let left = reader.next(); left > 0; left--) {
    const program = reader.next();
    const context = { query: reader.next(), index: reader.next(), last: reader.next() === 1 };
    items.push({ program, context, values: readValues(reader, reader.next()) });
  }
  return { programs, items, recycled };
}

export function packResult(result: BatchResult): Wire {
  const writer = new WireWriter();
  return writer.wire(writeResult(writer, result));
}

/**
 * Layout: memory, 0 if it is not told; times; how many of the shared buffers, which come first, are lent; then each item,
 * -1 for a failed one.
 * @returns what the layout can't say; 0: nothing
 */
export function writeResult(
  writer: WireWriter,
  { items, blocks, times, memory = 0 }: BatchResult,
): readonly ItemError[] | 0 {
  const { layout } = writer;
  const errors: ItemError[] = [];
  for (const block of blocks) writer.place(block);
  layout.push(memory, times.length, ...times, blocks.length, items.length);
  for (const item of items) {
    if ('error' in item) {
      layout.push(-1);
      errors.push(item.error);
      continue;
    }
    layout.push(item.outputs.length, item.blocks.length, ...item.blocks);
    for (const value of item.outputs) writer.value(value);
  }
  return errors.length > 0 ? errors : 0;
}

export function unpackResult(wire: Wire): BatchResult {
  const errors = wire[3] as ItemError[];
  const reader = new WireReader(wire);
  const memory = reader.next();
  const times = reader.numbers();
  const blocks = reader.shared(reader.next());
  const items: ItemResult[] = [];
  let failed = 0;
  for (let left = reader.next(); left > 0; left--) {
    const count = reader.next();
    if (count < 0) items.push({ error: errors[failed++]! });
    else items.push({ blocks: reader.numbers(), outputs: readValues(reader, count) });
  }
  return { items, blocks, times, ...(memory > 0 && { memory }) };
}

function readValues(reader: WireReader, count: number): Value[] {
  const values: Value[] = [];
  for (let left = count; left > 0; left--) values.push(reader.value());
  return values;
}
