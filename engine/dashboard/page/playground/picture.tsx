/** A picture is dropped, or drawn, and what comes of it is shown over it or beside it. */
import { useEffect, useState } from 'preact/hooks';
import { Boxes, foundIn } from './boxes.tsx';
import { DrawingPad } from './drawing-pad.tsx';
import { Drop } from './drop.tsx';
import { inferFile, type Answer } from './infer.ts';
import { Bars, Plain, scoresOf, Took } from './result.tsx';
import { useTask } from './use-task.ts';

function useUrl(file: Blob | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

export function Picture({ pipeline, drawing }: { pipeline: string; drawing: boolean }) {
  const [file, setFile] = useState<Blob | null>(null);
  const [isDrawing, setDrawing] = useState(false);
  const { busy, result, error, run } = useTask<Answer>();
  const url = useUrl(file);
  const send = (picture: Blob) => {
    setFile(picture);
    run(() => inferFile(pipeline, picture, picture.type || 'image/png'));
  };
  const scores = result && scoresOf(result.outputs);
  const found = result && foundIn(result.outputs);
  return (
    <>
      {isDrawing ? (
        <DrawingPad size={28} drawn={canvas => canvas.toBlob(blob => blob && send(blob), 'image/png')} />
      ) : (
        <Drop accept="image/*" what="a picture" take={send} />
      )}
      {drawing && (
        <div class="buttons">
          <button
            type="button"
            onClick={() => {
              setDrawing(!isDrawing);
              setFile(null);
            }}
          >
            {isDrawing ? 'Drop a picture instead' : 'Draw one instead'}
          </button>
        </div>
      )}
      <div aria-live="polite">
        {busy && <p class="muted">asking…</p>}
        {error !== null && <p class="error">{error}</p>}
        {scores && <Bars scores={scores} />}
        {url !== null && !isDrawing && <Boxes url={url} found={error === null ? found : null} />}
        {result && <Took answer={result} />}
        {result && <Plain answer={result} />}
      </div>
    </>
  );
}
