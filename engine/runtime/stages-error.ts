import { MillraceError, type ErrorCode } from '../../operators/index.ts';

/** An error of a group's stages; of a single one it is the one to blame. @param message goes on after their names */
export function stagesError(
  code: ErrorCode,
  stages: readonly string[],
  message: string,
  cause?: unknown,
): MillraceError {
  const names = stages.map(name => `"${name}"`).join(', ');
  const [stage] = stages;
  return new MillraceError(code, `${stages.length === 1 ? 'stage' : 'stages'} ${names}${message}`, {
    ...(stages.length === 1 && { stage: stage! }),
    ...(cause !== undefined && { cause }),
  });
}
