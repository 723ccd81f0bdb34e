/** A task of a piscina worker: gives back what it was given, but for two words. */
export default function answer(text) {
  if (text === 'bad') throw new Error('no');
  return text === 'hang' ? new Promise(() => {}) : text;
}
