/** A small black square to draw on in white, with a mouse, a pen or a finger. */
import { useEffect, useRef } from 'preact/hooks';

/** How many pixels of the drawing a stroke is wide. */
const stroke = 2.6;

export function DrawingPad({ size, drawn }: { size: number; drawn: (canvas: HTMLCanvasElement) => void }) {
  const place = useRef<HTMLCanvasElement>(null);
  const clear = () => {
    const context = place.current!.getContext('2d')!;
    context.fillStyle = '#000';
    context.fillRect(0, 0, size, size);
  };
  useEffect(clear, [size]);
  const at = (event: PointerEvent): [number, number] => {
    const { left, top, width, height } = place.current!.getBoundingClientRect();
    return [((event.clientX - left) / width) * size, ((event.clientY - top) / height) * size];
  };
  const begin = (event: PointerEvent) => {
    place.current!.setPointerCapture(event.pointerId);
    const context = place.current!.getContext('2d')!;
    context.strokeStyle = '#fff';
    context.lineWidth = stroke;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(...at(event));
    go(event);
  };
  const go = (event: PointerEvent) => {
    if (!place.current!.hasPointerCapture(event.pointerId)) return;
    const context = place.current!.getContext('2d')!;
    context.lineTo(...at(event));
    context.stroke();
  };
  return (
    <div>
      <canvas
        ref={place}
        class="pad"
        width={size}
        height={size}
        aria-label="draw here"
        onPointerDown={begin}
        onPointerMove={go}
        onPointerUp={() => drawn(place.current!)}
      />
      <div class="buttons">
        <button type="button" onClick={clear}>
          Clear
        </button>
        <button class="main" type="button" onClick={() => drawn(place.current!)}>
          Ask
        </button>
      </div>
    </div>
  );
}
