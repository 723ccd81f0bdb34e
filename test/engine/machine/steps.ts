/** What the machine does to an engine, as plain data, so that a failing run can be shrunk and read. */
import * as fc from 'fast-check';
import { faults, type Fault } from './faulty-replicas.ts';

export interface Submit {
  do: 'submit';
  /** So many queries at once. */
  count: number;
  /** Milliseconds; null: it has no deadline. */
  timeout: number | null;
  priority: number;
  client: string;
  sequence: { id: string; start: boolean; end: boolean } | null;
  kind: 'plain' | 'poison' | 'killer' | 'large';
  /** Which stage throws on it, if it is poison. */
  stage: number;
  partial: boolean;
}

/** One query that nothing is the matter with. */
export const plain: Submit = {
  do: 'submit',
  count: 1,
  timeout: null,
  priority: 5,
  client: '',
  sequence: null,
  kind: 'plain',
  stage: 0,
  partial: false,
};

export type Step =
  | Submit
  /** Cancels one of the queries in flight. */
  | { do: 'cancel'; which: number }
  | { do: 'wait'; milliseconds: number }
  /** What befalls the next batches, or replicas that start. */
  | { do: 'fault'; fault: Fault; times: number }
  /** Changes the deployment, by `randomDeployment`. */
  | { do: 'apply'; choices: number[] }
  | { do: 'end-sequence'; id: string };

const id = fc.constantFrom('a', 'b', 'c', 'd');

const kinds = ['plain', 'plain', 'plain', 'plain', 'plain', 'poison', 'large'] as const;

const submit = (harm: Harm): fc.Arbitrary<Submit> =>
  fc.record({
    do: fc.constant('submit'),
    count: fc.integer({ min: 1, max: 5 }),
    timeout: fc.oneof(
      fc.constant(null),
      fc.constant(null),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(-1, 0, 300, 1500),
    ),
    priority: fc.constantFrom(5, 5, 5, 1, 9),
    client: fc.constantFrom('', 'x', 'y'),
    sequence: fc.option(fc.record({ id, start: rarely(), end: rarely() }), { freq: 2 }),
    kind: harm === 'none' ? fc.constantFrom(...kinds) : fc.constantFrom(...kinds, 'killer'),
    stage: fc.nat(6),
    partial: rarely(),
  });

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat(7).map(value => value === 7);
}

/** Choices, of which each is taken modulo what there is to choose from. */
export const choices = fc.array(fc.nat(63), { minLength: 1, maxLength: 24 });

/** What befalls replicas: nothing; they end with queries that kill them; or anything. */
export const harms = ['none', 'killers', 'faults'] as const;
export type Harm = (typeof harms)[number];

export function anyStep(harm: Harm): fc.Arbitrary<Step> {
  const calm: fc.WeightedArbitrary<Step>[] = [
    { weight: 9, arbitrary: submit(harm) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        milliseconds: fc.oneof(
          { weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }) },
          { weight: 1, arbitrary: fc.constantFrom(700, 2500, 7000) },
        ),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(31) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('apply' as const), choices }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('end-sequence' as const), id }) },
  ];
  if (harm !== 'faults') return fc.oneof(...calm);
  const times = fc.constantFrom(1, 1, 1, 2, 4);
  const fault = fc.record({ do: fc.constant('fault' as const), fault: fc.constantFrom(...faults), times });
  return fc.oneof(...calm, { weight: 2, arbitrary: fault });
}
