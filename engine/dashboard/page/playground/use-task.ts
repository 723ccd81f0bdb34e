import { useRef, useState } from 'preact/hooks';

export interface Task<Result> {
  busy: boolean;
  result: Result | null;
  error: string | null;
  /** Runs it; the last run is the one that is shown. */
  run(work: () => Promise<Result>): void;
}

/** Something that takes a while, and how it came out. */
export function useTask<Result>(): Task<Result> {
  const [state, setState] = useState<Omit<Task<Result>, 'run'>>({ busy: false, result: null, error: null });
  const last = useRef(0);
  const run = (work: () => Promise<Result>) => {
    const turn = ++last.current;
    setState(before => ({ ...before, busy: true, error: null }));
    const show = (next: Omit<Task<Result>, 'run'>) => {
      if (turn === last.current) setState(next);
    };
    work().then(
      result => show({ busy: false, result, error: null }),
      (error: Error) => show({ busy: false, result: null, error: error.message }),
    );
  };
  return { ...state, run };
}
