import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError, type Arguments } from '../../../engine/cli/command.ts';
import { readHardware, readSlo } from '../../../engine/cli/planner-inputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-inputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const given = (values: Arguments['values']): Arguments => ({ positionals: [], values });
const objectives = (slo: string[], declared: readonly number[] = []) =>
  readSlo(given({ slo }), { slo: declared.map(percentile => ({ percentile, limit: 1000 })) });

describe('--slo', () => {
  it('is the limit of p99, or of the one percentile the pipeline declares', () => {
    expect(objectives(['150 ms'])).toEqual([{ percentile: 99, limit: 150 }]);
    expect(objectives(['1.5s'], [95])).toEqual([{ percentile: 95, limit: 1500 }]);
    expect(objectives(['150 ms'], [50, 95])).toEqual([{ percentile: 99, limit: 150 }]);
  });

  it('may name percentiles, instead of all that the pipeline declares', () => {
    expect(objectives(['p99.9: 2 s', 'p50:150 ms'], [95])).toEqual([
      { percentile: 50, limit: 150 },
      { percentile: 99.9, limit: 2000 },
    ]);
  });

  it('may be left out where the pipeline declares it', () => {
    const slo = [{ percentile: 95, limit: 100 }];
    expect(readSlo(given({}), { slo })).toBe(slo);
  });

  it.each([
    ['150', /did you mean "150 ms"\?/],
    ['p99: 150', /did you mean "150 ms"\?/],
    ['p99', /takes a limit such as "150 ms" or "p99: 150 ms", not "p99"$/],
    ['0 ms', /not "0 ms"$/],
    ['-5 ms', /not "-5 ms"$/],
    ['p0: 5 ms', /not "p0: 5 ms"$/],
    ['p100: 5 ms', /not "p100: 5 ms"$/],
    ['', /not ""$/],
  ])('"%s" is refused', (text, message) => {
    expect(() => objectives([text])).toThrow(UsageError);
    expect(() => objectives([text])).toThrow(message);
  });

  it('with two limits for one percentile is refused', () => {
    expect(() => objectives(['150 ms', 'p99: 2 s'])).toThrow(/two limits for p99/);
  });
});

describe('--hardware', () => {
  const file = join(folder, 'hardware.yaml');
  writeFileSync(file, 'millrace: hardware/1\ntypes:\n  cpu: { device: cpu }\n');

  it('is a file; without one, what the profiles name will do', async () => {
    expect(await readHardware(given({ hardware: file }))).toMatchObject({
      types: { cpu: { device: 'cpu' } },
    });
    expect(await readHardware(given({}))).toBeUndefined();
  });

  it('without prices is refused where they are needed, with how to give them', async () => {
    await expect(readHardware(given({ hardware: file }), { priced: true })).rejects.toMatchObject({
      code: 'invalid-pipeline',
      message: expect.stringMatching(/hardware\.yaml:3:3 {2}error {2}missing-price/),
    });
    const refused = readHardware(given({}), { priced: true });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/give --hardware FILE[^]*price: 0\.0425/);
  });
});
