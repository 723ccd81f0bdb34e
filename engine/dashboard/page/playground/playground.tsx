/** A place to try a pipeline, with what its input is for. */
import type { PipelineStatus } from '../status.ts';
import { kindOf } from './kind.ts';
import { Picture } from './picture.tsx';
import { Pixels } from './pixels.tsx';
import { Sound } from './sound.tsx';
import { Values } from './values.tsx';

export function Playground({ pipeline }: { pipeline: PipelineStatus }) {
  const kind = kindOf(pipeline);
  switch (kind.kind) {
    case 'picture':
      return <Picture pipeline={pipeline.name} drawing={kind.drawing} />;
    case 'sound':
      return <Sound pipeline={pipeline.name} />;
    case 'pixels':
      return <Pixels pipeline={pipeline.name} name={kind.name} width={kind.width} height={kind.height} />;
    case 'values':
      return <Values pipeline={pipeline} />;
  }
}
