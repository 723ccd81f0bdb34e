/** Whatever comes in whatever order: every query is answered once, and nothing is left behind. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoundPipeline } from '../../../../pipelines/index.ts';
import { outcomes, serveVirtual, type Client, type Received } from '../../../support/streams.ts';
import { isAtRest, pipelineOf } from '../../../support/virtual-engine.ts';

type Step =
  | { do: 'ask'; client: number; id: string; value: number; binary: boolean }
  | { do: 'cancel'; client: number; id: string }
  | { do: 'garble' | 'close'; client: number }
  | { do: 'wait'; time: number };

const window = 3;
const client = fc.nat({ max: 2 });
// Few, so that some are in flight already.
const id = fc.constantFrom('a', 'b', 'c', 'd');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      client,
      id,
      // 13 fails.
      value: fc.integer({ min: 10, max: 13 }),
      binary: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), client, id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.nat({ max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('garble' as const, 'close' as const), client }) },
);

/** A client that keeps count of what it asked. */
interface Counted {
  client: Client;
  asked: string[];
  over: boolean;
}

function take({ client, asked }: Counted, step: Extract<Step, { client: number }>): void {
  switch (step.do) {
    case 'ask':
      if (step.binary) client.askBinary(step.id, step.value);
      else client.ask(step.id, step.value);
      asked.push(step.id);
      break;
    case 'cancel':
      client.send({ cancel: step.id });
      break;
    case 'garble':
      client.send({ id: 'garbled' });
      break;
    case 'close':
      client.close();
  }
}

const isAnswer = ({ fields }: Received) => fields['cancel'] === undefined && fields['id'] !== 'garbled';

describe('any interleaving of queries, cancellations and ends', () => {
  const pipelines: BoundPipeline[] = [];

  beforeAll(async () => {
    const number = '{ datatype: FP32, shape: [1] }';
    const slow = `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 3 ms, 4: 5 ms } } }`;
    const sum = '  b: { operator: ./operators.mjs#sum, inputs: { value: a.out }';
    pipelines.push(
      await pipelineOf(`${slow}\n${sum}, state: { sum: sum } }`, '{ out: b.sum }', number),
      await pipelineOf(slow, '{ out: a.out }', number),
    );
  });

  it.each([
    [0, 'as they finish', ''],
    [0, 'in order', 'ordered=true'],
    [1, 'as they finish', ''],
    [1, 'in order', 'ordered=true'],
  ])('of pipeline %i, answered %s', async (pipeline, _, query) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const served = await serveVirtual(pipelines[pipeline]!, { batch: 4 }, { window });
        const clients = [0, 1, 2].map((): Counted => ({
          client: served.open(query),
          asked: [],
          over: false,
        }));
        for (const step of steps) {
          if (step.do === 'wait') {
            await served.clock.advanceTo(served.clock.now() + step.time);
            continue;
          }
          const counted = clients[step.client]!;
          if (counted.over) continue;
          take(counted, step);
          counted.over = step.do === 'close';
        }
        await served.clock.advanceTo(served.clock.now() + 1000);
        for (const { client, asked, over } of clients) {
          const answers = client.received.filter(isAnswer);
          const ids = answers.map(({ fields }) => fields['id']);
          if (!over) expect([...ids].sort()).toEqual([...asked].sort());
          // Refusals go at once; everything else keeps its place.
          const isRefused = (outcome: unknown) => (outcome as [string, string])[1] === 'overloaded';
          const refused = outcomes(answers).filter(isRefused).length;
          if (query !== '' && refused === 0) expect(ids).toEqual(asked.slice(0, ids.length));
        }
        expect(isAtRest(served.engine)).toBe(true);
        for (const { client, over } of clients) if (!over) client.close();
        expect(served.engine.status().sequences).toBe(0);
        expect(served.streams).toMatchObject({ size: 0, unread: 0 });
      }),
      { numRuns: 60 },
    );
  });
});
