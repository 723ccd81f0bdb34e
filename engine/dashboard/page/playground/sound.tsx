/** Speech is dropped, or spoken, and the stretches in which someone speaks are shown on the waveform. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Drop } from './drop.tsx';
import { inferFile, type Answer } from './infer.ts';
import { LiveSpeech, type Live } from './live-speech.ts';
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

function Segments({ segments }: { segments: readonly Segment[] }) {
  return (
    <ol class="lines">
      {segments.length === 0 && <li class="muted">nobody speaks</li>}
      {segments.map(({ start, end }) => (
        <li key={start}>
          <span>someone speaks</span>
          <span class="number">
            {start.toFixed(2)} s to {end === null ? 'now' : `${end.toFixed(2)} s`}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The microphone, streamed while it is on. */
function Speak({ pipeline }: { pipeline: string }) {
  const [live, setLive] = useState<Live | null>(null);
  const [on, setOn] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const speech = useRef<LiveSpeech | null>(null);
  const stop = () => {
    setOn(false);
    void speech.current?.end();
    speech.current = null;
  };
  useEffect(() => stop, []);
  const fail = (reason: Error) => {
    setError(reason.message);
    setOn(false);
    speech.current = null;
  };
  const begin = () => {
    setError(null);
    setLive(null);
    setOn(true);
    LiveSpeech.begin(pipeline, setLive, fail).then(begun => (speech.current = begun), fail);
  };
  return (
    <>
      <div class="buttons">
        <button class={on ? 'main' : ''} type="button" aria-pressed={on} onClick={on ? stop : begin}>
          {on ? 'Stop' : 'Speak'}
        </button>
        {on && <span class="muted small">listening: what is found shows as it becomes certain</span>}
      </div>
      {error !== null && <p class="error">{error}</p>}
      {live && <Waveform samples={live.samples} segments={live.segments} />}
      {live && <Segments segments={live.segments} />}
    </>
  );
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
      <Speak pipeline={pipeline} />
      <div aria-live="polite">
        {busy && <p class="muted">listening…</p>}
        {error !== null && <p class="error">{error}</p>}
        {result && (
          <>
            <Waveform samples={result.samples} segments={segmentsOf(result.answer)} />
            <Segments segments={segmentsOf(result.answer)} />
            <Took answer={result.answer} />
            <Plain answer={result.answer} />
          </>
        )}
      </div>
    </>
  );
}
