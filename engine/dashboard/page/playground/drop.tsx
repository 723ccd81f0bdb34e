/** A place to drop a file on, or to choose one by a click or a key. */
import { useState } from 'preact/hooks';

export function Drop({ accept, what, take }: { accept: string; what: string; take: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const first = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) take(file);
  };
  return (
    <label
      class={over ? 'drop over' : 'drop'}
      onDragOver={event => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        setOver(false);
        first(event.dataTransfer?.files);
      }}
    >
      <input
        type="file"
        accept={accept}
        onChange={event => {
          first(event.currentTarget.files);
          // So that the same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <span>
        Drop {what} here, or <span class="button">choose one</span>
      </span>
    </label>
  );
}
