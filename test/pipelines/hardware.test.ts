import { describe, expect, it } from 'vitest';
import { parseHardware, renderDiagnostic } from '../../pipelines/index.ts';

const file = (types: string) => `millrace: hardware/1\ntypes:\n${types}`;

describe('prices', () => {
  const unpriced = file('  cpu: { device: cpu }\n  t4: { device: cuda, price: 0.526 }\n');

  it('may be left out where nothing is to be paid', () => {
    expect(parseHardware(unpriced).diagnostics).toEqual([]);
  });

  it('are asked for where they are needed, of every type that has none', () => {
    const { hardware, diagnostics } = parseHardware(unpriced, '/h.yaml', { priced: true });
    expect(hardware).toBeUndefined();
    expect(diagnostics.map(renderDiagnostic)).toEqual([
      `/h.yaml:3:3  error  missing-price
    3 |   cpu: { device: cpu }
      |   ^^^ "cpu" has no price; add "price", in US dollars per replica and hour`,
    ]);
  });

  it.each(['.inf', '.nan'])('%s is none', price => {
    const { diagnostics } = parseHardware(file(`  cpu: { device: cpu, price: ${price} }\n`), '', {
      priced: true,
    });
    expect(diagnostics).toMatchObject([{ code: 'missing-price', line: 3 }]);
  });

  it('may be 0', () => {
    const { diagnostics } = parseHardware(file('  cpu: { device: cpu, price: 0 }\n'), '', { priced: true });
    expect(diagnostics).toEqual([]);
  });
});
