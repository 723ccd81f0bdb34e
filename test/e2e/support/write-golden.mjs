/** Writes golden/NAME.json of the ocr and speech pipelines anew, from what is built: look at what changed before it is kept. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
const main = join(root, 'dist', 'engine', 'cli', 'main.js');

for (const [pipeline, input, pattern] of [
  ['ocr', 'image', /\.(png|jpg)$/],
  ['speech', 'audio', /^(silence|two-sentences)\.wav$/],
]) {
  const folder = join(root, 'pipelines', pipeline);
  mkdirSync(join(folder, 'golden'), { recursive: true });
  for (const sample of readdirSync(join(folder, 'samples')).filter(name => pattern.test(name))) {
    const value = `${input}=@${join(folder, 'samples', sample)}`;
    const line = execFileSync(process.execPath, [main, 'run', folder, '--input', value, '--json']);
    const { outputs } = JSON.parse(line.toString());
    writeFileSync(join(folder, 'golden', `${parse(sample).name}.json`), `${JSON.stringify(outputs)}\n`);
  }
}
