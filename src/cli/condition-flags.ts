import { InvalidArgumentError } from 'commander';

/** What `--image FILE@FRAME[:STRENGTH]` says. */
export interface ImageFlag {
  readonly file: string;
  readonly frame: number;
  readonly strength: number;
}

/** `face.png`, `face.png@0`, `end.png@16:0.8`; a name may hold @ and : itself. Frame 0 and strength 1 may be left out. */
export function imageFlag(text: string, earlier: readonly ImageFlag[] = []): ImageFlag[] {
  const match = /^(?<file>.+?)(?:@(?<frame>[^@:/\\]+)(?::(?<strength>[^@:/\\]*))?)?$/s.exec(text);
  const { file = '', frame = '0', strength = '1' } = match?.groups ?? {};
  const isFrame = /^\d{1,4}$/.test(frame);
  const share = Number(strength);
  if (file === '' || !isFrame || strength.trim() === '' || !(share >= 0 && share <= 1)) {
    throw new InvalidArgumentError('Expected FILE@FRAME[:STRENGTH], FRAME a whole number from 0, STRENGTH from 0 to 1.');
  }
  return [...earlier, { file, frame: Number(frame), strength: share }];
}

/** `16:32`, the end not included; `16:32:video` or `16:32:audio` for one of picture and sound. */
export function regionFlag(text: string): { start: number; end: number; what?: string } {
  const match = /^(\d{1,4}):(\d{1,4})(?::(both|video|audio))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected START:END in frames, for example 8:24, or 8:24:audio.');
  const [, start, end, what] = match as readonly (string | undefined)[];
  return { start: Number(start), end: Number(end), ...(what === undefined ? {} : { what }) };
}

/** `1,0.975,0.725`: numbers from 0 to 1 with commas between them. */
export function sigmasFlag(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (values.every((value) => value >= 0 && value <= 1)) return values;
  throw new InvalidArgumentError('Expected noise levels from 1 down, with commas between them.');
}
