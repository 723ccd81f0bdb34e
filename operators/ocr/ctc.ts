/** The text that a recogniser's output spells, and the mean probability of its characters (0 without any). */
export interface Spelling {
  text: string;
  score: number;
}

/**
 * Greedy CTC decoding (Graves et al. 2006): the likeliest class of each step; of equal neighbours the first is kept;
 * class 0, the blank, separates and is dropped.
 * @param probabilities `steps` rows, each the probabilities of the classes
 * @param characters one for each class; that of class 0 is not used
 */
export function decodeCtc(
  probabilities: Float32Array,
  steps: number,
  characters: readonly string[],
): Spelling {
  const classes = characters.length;
  let text = '';
  let [sum, kept, previous] = [0, 0, 0];
  for (let step = 0; step < steps; step++) {
    const best = likeliest(probabilities, step * classes, classes);
    if (best !== previous && best !== 0) {
      text += characters[best]!;
      sum += probabilities[step * classes + best]!;
      kept++;
    }
    previous = best;
  }
  return { text, score: kept > 0 ? sum / kept : 0 };
}

function likeliest(probabilities: Float32Array, start: number, classes: number): number {
  let best = 0;
  let most = probabilities[start]!;
  // Probabilities sum to 1, so beyond one half there is nothing left to beat it.
  for (let i = 1; i < classes && most <= 0.5; i++) {
    const probability = probabilities[start + i]!;
    if (probability > most) {
      most = probability;
      best = i;
    }
  }
  return best;
}
