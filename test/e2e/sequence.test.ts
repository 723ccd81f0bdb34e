/** State that an operator of the user's own, in a folder beside the pipeline, carries from query to query. */
import { join as joinPath } from 'node:path';
import { texts, type Engine, type QueryOptions, type Tensor } from 'millrace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRest, failureOf, start } from './support/engine.ts';
import { answers, root } from './support/millrace.ts';

describe('a sequence', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start('test/e2e/fixtures/sequence');
  });
  afterAll(() => engine.close());

  async function join(text: string, sequence?: QueryOptions['sequence']): Promise<string> {
    const { outputs } = await engine.infer({ text }, sequence ? { sequence } : {});
    const joined = outputs['joined'] as Tensor;
    return joined.datatype === 'BYTES' ? texts(joined).join() : joined.datatype;
  }

  it('goes on from query to query, and its last is told so', async () => {
    expect(await join('a', { id: 'one' })).toBe('a');
    expect(await join('b', { id: 'one' })).toBe('ab');
    expect(await join('c', { id: 'one', end: true })).toBe('abc.');
    expect(engine.status().sequences).toBe(0);
  });

  it('starts from nothing after its end, and when asked to', async () => {
    expect(await join('a', { id: 'two', end: true })).toBe('a.');
    expect(await join('b', { id: 'two' })).toBe('b');
    expect(await join('c', { id: 'two', start: true })).toBe('c');
    expect(await join('d', { id: 'two', end: true })).toBe('cd.');
  });

  it('is kept in order and apart from others, however many are in flight', async () => {
    const names = ['x', 'y', 'z'];
    const letters = [...'abcdefgh'];
    const joined = await Promise.all(
      letters.flatMap(letter =>
        names.map(name => join(name + letter, { id: name, end: letter === letters.at(-1)! })),
      ),
    );
    const expected = letters.flatMap((last, index) =>
      names.map(
        name =>
          letters
            .slice(0, index + 1)
            .map(letter => name + letter)
            .join('') + (last === 'h' ? '.' : ''),
      ),
    );
    expect(joined).toEqual(expected);
    expect(engine.status().sequences).toBe(0);
    await expectRest(engine);
  });

  it('is a query by itself where none is named', async () => {
    expect(await Promise.all(['a', 'b', 'c'].map(text => join(text)))).toEqual(['a.', 'b.', 'c.']);
  });

  it('ends with an item that fails, until it is started anew', async () => {
    const sequence = { id: 'three' };
    expect(await join('a', sequence)).toBe('a');
    const failures = ['fail', 'b'].map(text => failureOf(engine.infer({ text }, { sequence })));
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['stage-failed', 'stage-failed']);
    expect((await failureOf(engine.infer({ text: 'c' }, { sequence }))).message).toContain('start it anew');
    expect(await join('d', { id: 'three', start: true, end: true })).toBe('d.');
    await expectRest(engine);
  });
});

describe('an operator of one’s own', () => {
  it('is found from the pipeline file, wherever the command is run', async () => {
    const lines = await answers(['fixtures/sequence', '--input', 'text=a'], {
      cwd: joinPath(root, 'test/e2e'),
    });
    expect(lines.map(({ outputs }) => outputs)).toEqual([{ joined: 'a.' }]);
  });
});
