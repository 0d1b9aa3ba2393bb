/* Characters as people see and hear them, and their surprise. */
const NAMES = { "\n": "↵", " ": "␣" };
const SPOKEN = { "\n": "new line", " ": "space" };
const glyph = (character) => NAMES[character] ?? character;
const spoken = (character) => SPOKEN[character] ?? character;

function bitsOf(probability) {
  return Math.max(0, -Math.log2(Math.max(probability, 1e-30)));
}
