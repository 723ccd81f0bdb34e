import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { millrace, root } from './support/millrace.ts';
import { readJson } from './support/pipelines.ts';

const { version } = readJson<{ version: string }>(join(root, 'package.json'));
const commands = [
  'check',
  'run',
  'profile',
  'plan',
  'estimate',
  'rehearse',
  'serve',
  'new operator',
  'new pipeline',
];

describe('the millrace command', () => {
  it.each([['--help'], ['-h'], ['help']])('prints what it can do for %s', async flag => {
    const { status, stdout, stderr } = await millrace([flag]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const words of commands) expect(stdout).toContain(`\n  ${words} `);
  });

  it('calls it misuse to ask for nothing', async () => {
    const { status, stdout } = await millrace([]);
    expect(status).toBe(2);
    expect(stdout).toContain('Usage: millrace COMMAND');
  });

  it.each(commands)('has help and a version at "%s"', async command => {
    const words = command.split(' ');
    const help = await millrace([...words, '--help']);
    expect({ status: help.status, stderr: help.stderr }).toEqual({ status: 0, stderr: '' });
    expect(help.stdout).toContain(`Usage: millrace ${command} `);
    expect(await millrace([...words, '--version'])).toEqual({
      status: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it.each([['--version'], ['-v']])('prints its version for %s', async flag => {
    expect(await millrace([flag])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    ['chek', 'there is no command "chek"; did you mean "check"?'],
    ['new operater', 'there is no command "new operater"; did you mean "new operator"?'],
    ['frobnicate', 'there is no command "frobnicate"'],
    ['new', 'there is no command "new"; there are "new operator", "new pipeline", "new key"'],
    ['new thing', 'there is no command "new thing"; there are "new operator", "new pipeline", "new key"'],
  ])('does not know %s, and says what it may have been', async (words, message) => {
    const { status, stdout, stderr } = await millrace(words.split(' '));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(`millrace: ${message}\n`);
  });

  it.each(['stdout', 'stderr'] as const)('ends quietly when the reader of its %s goes away', async read => {
    const main = join(root, 'dist/engine/cli/main.js');
    const args = [
      'run',
      'test/e2e/fixtures/shout',
      '--input',
      'text=a',
      '--input',
      'times=1',
      '--input',
      'weights=[1]',
    ];
    const printed = read === 'stdout' ? ['--json', '--repeat', '2000'] : ['--show', 'shout.text'];
    const child = spawn(process.execPath, [main, ...args, ...printed], { cwd: root });
    let other = '';
    child[read === 'stdout' ? 'stderr' : 'stdout'].on('data', data => (other += data));
    if (read === 'stdout') await once(child.stdout, 'data');
    child[read].destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(other).toBe('');
  });
});
