/** Inputs of any kind, written as JSON. */
import { useState } from 'preact/hooks';
import type { PipelineStatus, PortType } from '../status.ts';
import { inferInputs, type Answer } from './infer.ts';
import { Plain, Took } from './result.tsx';
import { useTask } from './use-task.ts';

/** An input to begin with: sizes that are free are 1, elements 0 or a text. */
function exampleOf([name, { datatype, shape = [1] }]: [string, PortType]): unknown {
  const sizes = shape.map(size => (typeof size === 'number' && size >= 0 ? size : 1));
  const elements = sizes.reduce((product, size) => product * size, 1);
  const element = datatype === 'BYTES' ? 'text' : 0;
  return {
    name,
    datatype,
    shape: sizes,
    data: Array.from({ length: Math.min(elements, 10_000) }, () => element),
  };
}

export function Values({ pipeline }: { pipeline: PipelineStatus }) {
  const [text, setText] = useState(() => JSON.stringify(Object.entries(pipeline.inputs).map(exampleOf)));
  const { busy, result, error, run } = useTask<Answer>();
  const send = () => run(async () => inferInputs(pipeline.name, JSON.parse(text) as unknown[]));
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        send();
      }}
    >
      <label>
        <span class="muted small">inputs, as the Open Inference Protocol has them</span>
        <textarea
          rows={6}
          value={text}
          onInput={event => setText(event.currentTarget.value)}
          spellcheck={false}
        />
      </label>
      <div class="buttons">
        <button class="main" type="submit" disabled={busy}>
          Ask
        </button>
      </div>
      <div aria-live="polite">
        {error !== null && <p class="error">{error}</p>}
        {result && <pre>{JSON.stringify(result.outputs, null, 2)}</pre>}
        {result && <Took answer={result} />}
        {result && <Plain answer={result} />}
      </div>
    </form>
  );
}
