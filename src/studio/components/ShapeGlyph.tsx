import type { ExamplePrompt } from '../example-prompts';

const outlines: Record<Exclude<ExamplePrompt['shape'], 'circle' | 'ring'>, string> = {
  square: 'M4 4h12v12H4Z',
  triangle: 'M10 3.2 17.2 16H2.8Z',
  star: 'm10 2.4 2.3 4.9 5.3.7-3.9 3.7 1 5.3-4.7-2.6L5.300 17l1-5.3L2.400 8l5.300-.7Z',
  heart: 'M10 17C4.500 13.200 2.500 10.500 2.500 7.500A3.800 3.800 0 0 1 10 5.900a3.800 3.800 0 0 1 7.500 1.600c0 3-2 5.700-7.500 9.500Z',
};

/** A small picture of what an example shows; its words stand beside it. */
export function ShapeGlyph({ shape, color }: Pick<ExamplePrompt, 'shape' | 'color'>) {
  return (
    <svg width="1.125rem" height="1.125rem" viewBox="0 0 20 20" aria-hidden="true" focusable="false" fill={color}>
      {shape === 'circle' && <circle cx="10" cy="10" r="7" />}
      {shape === 'ring' && <circle cx="10" cy="10" r="5.5" fill="none" stroke={color} strokeWidth="3.6" />}
      {shape !== 'circle' && shape !== 'ring' && <path d={outlines[shape]} />}
    </svg>
  );
}
