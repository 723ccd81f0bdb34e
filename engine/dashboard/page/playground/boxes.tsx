/** What was found in a picture, drawn over it. */
import { useState } from 'preact/hooks';

export interface Found {
  text: string;
  score: number | null;
  /** Corners in pixels of the picture. */
  box: readonly (readonly [number, number])[];
}

/** Things with a place in the picture, where an output is a list of such. */
export function foundIn(outputs: Readonly<Record<string, unknown>>): Found[] | null {
  for (const value of Object.values(outputs)) {
    if (!Array.isArray(value)) continue;
    const found = value.filter(
      (item): item is { text?: unknown; label?: unknown; score?: unknown; box: Found['box'] } =>
        item !== null && typeof item === 'object' && Array.isArray((item as { box?: unknown }).box),
    );
    if (found.length !== value.length) continue;
    return found.map(({ text, label, score, box }) => ({
      text: String(text ?? label ?? ''),
      score: typeof score === 'number' ? score : null,
      box,
    }));
  }
  return null;
}

export function Boxes({ url, found }: { url: string; found: readonly Found[] | null }) {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [chosen, choose] = useState(-1);
  return (
    <>
      <div class="picture fit">
        <img
          src={url}
          alt="what was sent"
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize({ width: naturalWidth, height: naturalHeight })
          }
        />
        {size && found && (
          <svg viewBox={`0 0 ${size.width} ${size.height}`} preserveAspectRatio="none" aria-hidden="true">
            {found.map(({ text, box }, index) => (
              <polygon
                key={index}
                class={index === chosen ? 'chosen' : ''}
                points={box.map(point => point.join()).join(' ')}
                onMouseEnter={() => choose(index)}
                onMouseLeave={() => choose(-1)}
              >
                <title>{text}</title>
              </polygon>
            ))}
          </svg>
        )}
      </div>
      {found && (
        <ol class="lines">
          {found.length === 0 && <li class="muted">nothing was found</li>}
          {found.map(({ text, score }, index) => (
            <li
              key={index}
              class={index === chosen ? 'chosen' : ''}
              onMouseEnter={() => choose(index)}
              onMouseLeave={() => choose(-1)}
            >
              <span>{text}</span>
              {score !== null && <span class="muted number">{(100 * score).toFixed(1)} %</span>}
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
