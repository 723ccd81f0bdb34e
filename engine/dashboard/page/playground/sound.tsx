/** Speech is dropped, or spoken, and the stretches in which someone speaks are shown on the waveform. */
import { Drop } from './drop.tsx';
import { inferFile, type Answer } from './infer.ts';
import { Plain, Took } from './result.tsx';
import { useTask } from './use-task.ts';
import { decode, toWav } from './wav.ts';
import { Waveform, type Segment } from './waveform.tsx';

interface Heard {
  samples: Float32Array;
  answer: Answer;
}

function segmentsOf({ outputs }: Answer): Segment[] {
  const segments = outputs['segments'];
  return Array.isArray(segments) ? (segments as Segment[]) : [];
}

export function Sound({ pipeline }: { pipeline: string }) {
  const { busy, result, error, run } = useTask<Heard>();
  const send = (file: Blob) =>
    run(async () => {
      const samples = await decode(file);
      return { samples, answer: await inferFile(pipeline, toWav(samples), 'audio/wav') };
    });
  return (
    <>
      <Drop accept="audio/*" what="a recording" take={send} />
      <div aria-live="polite">
        {busy && <p class="muted">listening…</p>}
        {error !== null && <p class="error">{error}</p>}
        {result && (
          <>
            <Waveform samples={result.samples} segments={segmentsOf(result.answer)} />
            <ol class="lines">
              {segmentsOf(result.answer).map(({ start, end }) => (
                <li key={start}>
                  <span>someone speaks</span>
                  <span class="number">
                    {start.toFixed(2)} s to {end?.toFixed(2)} s
                  </span>
                </li>
              ))}
            </ol>
            <Took answer={result.answer} />
            <Plain answer={result.answer} />
          </>
        )}
      </div>
    </>
  );
}
