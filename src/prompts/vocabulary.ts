/** What a model has seen, for models that have seen little: words beyond it mean nothing to them. */
export interface ModelVocabulary {
  /** Every word that its prompts were made of, in lower case. */
  readonly words: ReadonlySet<string>;
  /** Entities that move or stand in the foreground, at most. */
  readonly mostEntities: number;
  /** Motions one after another, at most. */
  readonly mostMoments: number;
  /** What to take instead of a word it has not seen, by kind. */
  readonly instead: Readonly<Partial<Record<'entity' | 'attribute' | 'motion' | 'setting' | 'camera' | 'style', readonly string[]>>>;
}

const text = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

/** The embedded model: a shape in a colour, a motion, a place. Its words are those of its tokenizer. */
export const embeddedVocabulary: ModelVocabulary = {
  words: text(`
    a an and the of by at in on to up down left right over under around into field sky sea ocean water grass meadow air background
    red orange yellow green blue purple pink white black gray small tiny little big large huge circle ball disc square box block
    triangle star stars heart ring hoop donut moves moving slides sliding goes going rolls rolling drifts drifting flies flying
    rises rising floats floating falls falling drops dropping sinks sinking bounces bouncing jumps jumping hops hopping zigzags
    zigzagging zigzag circles circling orbits orbiting spins spinning rotates rotating turns turning place grows growing gets
    getting bigger becomes becoming larger expands expanding shrinks shrinking smaller day sunset night video clip cartoon
  `),
  mostEntities: 1,
  mostMoments: 1,
  instead: {
    entity: ['ball', 'star', 'heart', 'square', 'triangle', 'ring'],
    attribute: ['red', 'blue', 'green', 'yellow', 'big', 'small'],
    motion: ['moving to the left', 'bouncing up and down', 'rising', 'spinning in place'],
    setting: ['by day', 'at sunset', 'at night'],
  },
};
