/** Durations are in frames, and may be fractions. */
export interface HysteresisOptions {
  /** Speech begins at a frame of at least this probability … */
  threshold: number;
  /** … and ends at one below this, if none reaches `threshold` for `minSilence`. */
  release: number;
  /** Speech that isn't longer is dropped. */
  minSpeech: number;
  minSilence: number;
  /** Added before and after speech, but neither into the speech before nor beyond the frame that ended it. */
  pad: number;
}

/** Where the machine stands, in frames since the start; -1 stands for none. */
export interface HysteresisState {
  /** Frames seen. */
  frames: number;
  /** Where the speech that is going on began. */
  start: number;
  /** Where it may have ended. */
  silence: number;
  /** Whether it has lasted long enough to be told. */
  told: boolean;
  /** Where the speech before it ended, pad included. */
  end: number;
}

/** Speech began, or ended, at `at` frames since the start. Every `start` is followed by one `end`. */
export interface SpeechEvent {
  type: 'start' | 'end';
  at: number;
}

export const initialHysteresis: Readonly<HysteresisState> = {
  frames: 0,
  start: -1,
  silence: -1,
  told: false,
  end: 0,
};

const startOf = (state: HysteresisState, pad: number) => Math.max(state.end, state.start - pad);

function ended(state: HysteresisState, at: number): void {
  state.start = -1;
  state.silence = -1;
  state.told = false;
  state.end = at;
}

/**
 * Takes the next frame's probability of speech; changes `state` and gives what became certain with it, if anything.
 * The rules are those of Silero's `get_speech_timestamps`, told as they happen.
 */
export function push(
  state: HysteresisState,
  probability: number,
  options: HysteresisOptions,
): SpeechEvent | null {
  const now = state.frames++;
  if (probability >= options.threshold) {
    state.silence = -1;
    if (state.start < 0) state.start = now;
  }
  if (state.start < 0) return null;
  if (probability < options.release) {
    if (state.silence < 0) state.silence = now;
    if (now - state.silence < options.minSilence) return null;
    const at = Math.min(state.silence + options.pad, state.frames);
    const { told } = state;
    ended(state, told ? at : state.end);
    return told ? { type: 'end', at } : null;
  }
  if (state.told || state.silence >= 0 || state.frames - state.start <= options.minSpeech) return null;
  state.told = true;
  return { type: 'start', at: startOf(state, options.pad) };
}

/** Ends the stream; changes `state` and gives the events of the speech that was still going on. */
export function finish(state: HysteresisState, options: HysteresisOptions): SpeechEvent[] {
  const { start, told, frames } = state;
  if (start < 0) return [];
  const begin: SpeechEvent = { type: 'start', at: startOf(state, options.pad) };
  const long = told || frames - start > options.minSpeech;
  ended(state, long ? frames : state.end);
  if (!long) return [];
  const end: SpeechEvent = { type: 'end', at: frames };
  return told ? [end] : [begin, end];
}
