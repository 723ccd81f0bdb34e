/** What to do with a plan next, to be copied and pasted. */
import { textOption, type Arguments } from './command.ts';

/** An argument as a shell takes it. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @param paths of the files written, by option */
export function nextCommand(
  args: Arguments,
  pipeline: string,
  { out, report }: { out: string | undefined; report: string | undefined },
): string {
  const [path] = args.positionals;
  const hardware = textOption(args, 'hardware');
  const file = out ?? `${pipeline}.plan.yaml`;
  const words = [
    'millrace',
    'rehearse',
    path!,
    '--plan',
    file,
    ...((args.values['profile'] as string[] | undefined) ?? []).flatMap(profile => ['--profile', profile]),
    ...(hardware === undefined ? [] : ['--hardware', hardware]),
  ];
  return [
    ...(out === undefined ? [`--out ${quote(file)} writes this plan`] : [`plan written to ${out}`]),
    ...(report === undefined ? [] : [`report written to ${report}`]),
    `try it without that hardware: ${words.map(quote).join(' ')}`,
  ].join('\n');
}
