/** A drawing whose pixels are the input. */
import { DrawingPad } from './drawing-pad.tsx';
import { inferInputs, type Answer } from './infer.ts';
import { Bars, Plain, scoresOf, Took } from './result.tsx';
import { useTask } from './use-task.ts';

interface PixelsProps {
  pipeline: string;
  name: string;
  width: number;
  height: number;
}

export function Pixels({ pipeline, name, width, height }: PixelsProps) {
  const { result, error, run } = useTask<Answer>();
  const send = (canvas: HTMLCanvasElement) => {
    const small = new OffscreenCanvas(width, height);
    const context = small.getContext('2d')!;
    context.drawImage(canvas, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    // Grey: any of the three colours.
    const grey = Array.from({ length: width * height }, (_, pixel) => data[4 * pixel]!);
    run(() => inferInputs(pipeline, [{ name, datatype: 'UINT8', shape: [height, width], data: grey }]));
  };
  const scores = result && scoresOf(result.outputs);
  return (
    <>
      <DrawingPad size={width} drawn={send} />
      <div aria-live="polite">
        {error !== null && <p class="error">{error}</p>}
        {scores && <Bars scores={scores} />}
        {result && <Took answer={result} />}
        {result && <Plain answer={result} />}
      </div>
    </>
  );
}
