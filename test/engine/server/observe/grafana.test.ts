import { readFileSync } from 'node:fs';
import { text } from '../../../../operators/index.ts';
import { describe, expect, it } from 'vitest';
import { makeRegistry } from '../../../../engine/server/observe/metrics.ts';
import { parsePrometheus, type Sample } from '../../../support/prometheus.ts';
import { caller, serveVirtual, twoStages } from './support.ts';

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string; legendFormat: string }[];
}

const { panels } = JSON.parse(
  readFileSync(new URL('../../../../engine/server/observe/grafana.json', import.meta.url), 'utf8'),
) as { panels: Panel[] };

const targets = panels.flatMap(({ title, targets = [] }) => targets.map(target => ({ title, ...target })));

async function exported(): Promise<Sample[]> {
  const { observed, service, clock } = await serveVirtual(await twoStages());
  await clock.until(service.infer({ text: text('x') }, caller));
  const families = parsePrometheus(await makeRegistry(observed).metrics());
  return [...families.values()].flatMap(({ samples }) => samples);
}

describe('the Grafana dashboard', () => {
  it('has a panel for each of our metrics', async () => {
    const queried = targets.map(({ expr }) => expr).join(' ');
    const families = new Set((await exported()).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    const ours = [...families].filter(name => name.startsWith('millrace_') && name !== 'millrace_build_info');
    expect(ours.filter(name => !queried.includes(name))).toEqual([]);
  });

  it('asks for what is exported, by labels that it has', async () => {
    const samples = await exported();
    for (const { title, expr, legendFormat } of targets) {
      for (const [name] of expr.matchAll(/\b(millrace|process|nodejs)_\w+/g)) {
        const found = samples.filter(sample => sample.name === name);
        expect([title, name, found.length > 0]).toEqual([title, name, true]);
        const asked = [
          ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, by]) => by!.split(', ')),
          ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!),
        ];
        const has = Object.keys(found[0]!.labels);
        expect([title, name, asked.filter(label => !has.includes(label))]).toEqual([title, name, []]);
      }
    }
  });
});
