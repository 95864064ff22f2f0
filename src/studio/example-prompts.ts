/** What a first visitor can pick: prompts that the embedded model was made for, with the glyph that its chip shows. */
export interface ExamplePrompt {
  readonly text: string;
  readonly shape: 'circle' | 'square' | 'triangle' | 'star' | 'heart' | 'ring';
  readonly color: string;
}

export const examplePrompts: readonly ExamplePrompt[] = [
  { text: 'a red ball bouncing up and down over the grass by day', shape: 'circle', color: '#e0433b' },
  { text: 'a huge purple heart spinning in place over the sea at sunset', shape: 'heart', color: '#9355d6' },
  { text: 'a yellow star rising in the sky at night', shape: 'star', color: '#f0c419' },
  { text: 'a green ring moving to the left over a meadow at sunset', shape: 'ring', color: '#3aa655' },
  { text: 'a small blue square zigzagging on a white background', shape: 'square', color: '#3b76e0' },
  { text: 'a pink triangle growing bigger on black', shape: 'triangle', color: '#ec7fb4' },
];

/** What the embedded model can draw, in the English of its prompts; anything else it ignores or guesses. */
export const embeddedModelKnows: readonly {
  readonly what: 'shapes' | 'colours' | 'motions' | 'places';
  readonly words: string;
}[] = [
  { what: 'shapes', words: 'circle, square, triangle, star, heart, ring' },
  { what: 'colours', words: 'red, orange, yellow, green, blue, purple, pink, white' },
  { what: 'motions', words: 'left, right, up, down, bounce, zigzag, orbit, spin, grow, shrink' },
  { what: 'places', words: 'sky, grass or sea by day, at sunset or at night; plain black, gray or white' },
];
