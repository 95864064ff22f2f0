import { hours, places, plains, sceneryOf, type Background, type Hour, type Place } from './backgrounds';
import type { Draws } from './draws';
import type { MotionName } from './motions';
import { colors, type Color } from './palette';
import type { Camera, Relation, Scene, Size } from './scene';
import type { Shape } from './shapes';

const shapeWords: Readonly<Record<Shape, readonly string[]>> = {
  circle: ['circle', 'ball', 'disc'],
  square: ['square', 'box', 'block'],
  triangle: ['triangle'],
  star: ['star'],
  heart: ['heart'],
  ring: ['ring', 'hoop', 'donut'],
  diamond: ['diamond', 'rhombus'],
  cross: ['cross', 'plus'],
  crescent: ['crescent', 'moon'],
  arrow: ['arrow'],
};

/** Other words for a colour than its name. */
const colorSynonyms: Partial<Readonly<Record<Color, readonly string[]>>> = { cyan: ['turquoise'], purple: ['violet'] };
const sizeWords: Readonly<Record<Size, readonly string[]>> = {
  small: ['small', 'tiny', 'little'],
  medium: [''],
  big: ['big', 'large', 'huge'],
};

/** A verb, its gerund, and what may follow. */
type Phrase = readonly [verb: string, gerund: string, ...tails: string[]];

const motionPhrases: Readonly<Record<MotionName, readonly Phrase[]>> = {
  left: [
    ['moves', 'moving', 'left', 'to the left'],
    ['slides', 'sliding', 'to the left'],
    ['goes', 'going', 'left'],
    ['rolls', 'rolling', 'to the left'],
    ['drifts', 'drifting', 'left'],
    ['flies', 'flying', 'to the left'],
  ],
  right: [
    ['moves', 'moving', 'right', 'to the right'],
    ['slides', 'sliding', 'to the right'],
    ['goes', 'going', 'right'],
    ['rolls', 'rolling', 'to the right'],
    ['drifts', 'drifting', 'right'],
    ['flies', 'flying', 'to the right'],
  ],
  up: [
    ['moves', 'moving', 'up'],
    ['goes', 'going', 'up'],
    ['rises', 'rising', '', 'into the air'],
    ['floats', 'floating', 'up'],
    ['flies', 'flying', 'up'],
  ],
  down: [
    ['moves', 'moving', 'down'],
    ['goes', 'going', 'down'],
    ['falls', 'falling', '', 'down'],
    ['drops', 'dropping', 'down'],
    ['sinks', 'sinking', ''],
  ],
  climb: [
    ['moves', 'moving', 'diagonally up', 'up and to the right'],
    ['climbs', 'climbing', '', 'diagonally'],
    ['flies', 'flying', 'diagonally up'],
  ],
  dive: [
    ['moves', 'moving', 'diagonally down', 'down and to the right'],
    ['dives', 'diving', '', 'diagonally'],
    ['falls', 'falling', 'diagonally'],
  ],
  bounce: [
    ['bounces', 'bouncing', '', 'up and down'],
    ['jumps', 'jumping', '', 'up and down'],
    ['hops', 'hopping', ''],
  ],
  zigzag: [
    ['zigzags', 'zigzagging', '', 'to the right'],
    ['moves', 'moving', 'in a zigzag'],
  ],
  orbit: [
    ['moves', 'moving', 'in a circle'],
    ['goes', 'going', 'around in a circle'],
    ['circles', 'circling', 'around'],
    ['orbits', 'orbiting', ''],
  ],
  spiral: [
    ['spirals', 'spiraling', '', 'outward'],
    ['moves', 'moving', 'in a spiral'],
  ],
  wobble: [
    ['wobbles', 'wobbling', '', 'from side to side'],
    ['sways', 'swaying', '', 'from side to side'],
    ['shakes', 'shaking', ''],
  ],
  spin: [
    ['spins', 'spinning', '', 'in place'],
    ['rotates', 'rotating', ''],
    ['turns', 'turning', 'around'],
  ],
  grow: [
    ['grows', 'growing', ''],
    ['gets', 'getting', 'bigger'],
    ['becomes', 'becoming', 'larger'],
    ['expands', 'expanding', ''],
  ],
  shrink: [
    ['shrinks', 'shrinking', ''],
    ['gets', 'getting', 'smaller'],
    ['becomes', 'becoming', 'smaller'],
  ],
};

const relationPhrases: Readonly<Record<Relation, readonly string[]>> = {
  left: ['left of', 'to the left of', 'on the left of'],
  right: ['right of', 'to the right of', 'on the right of'],
  above: ['above', 'higher than'],
  below: ['below', 'under', 'beneath'],
};

const cameraPhrases: Readonly<Record<Camera, readonly string[]>> = {
  'pan-left': ['pans left', 'pans to the left', 'moves left'],
  'pan-right': ['pans right', 'pans to the right', 'moves right'],
  'zoom-in': ['zooms in'],
  'zoom-out': ['zooms out'],
};
const cameraJoints = ['as the camera', 'while the camera', 'and the camera'];

const placeWords: Readonly<Record<Exclude<Place, 'sky'>, readonly string[]>> = {
  field: ['over a green field', 'over the grass', 'on grass', 'over a meadow'],
  sea: ['over the sea', 'over the ocean', 'over the water'],
  desert: ['over the desert', 'over the sand', 'over the dunes'],
};
const hourWords: Readonly<Record<Hour, readonly string[]>> = { day: ['', '', 'by day'], sunset: ['at sunset'], night: ['at night'] };
const skyPhrases: Readonly<Record<Hour, readonly string[]>> = {
  day: ['in the blue sky', 'in the sky', 'in the sky by day'],
  sunset: ['in the sky at sunset', 'at sunset', 'in a sunset sky'],
  night: ['in the sky at night', 'at night', 'in the night sky', 'under the stars'],
};
const openers = ['', '', '', '', 'a video of', 'a clip of', 'a cartoon of'];
const gerundShare = 0.25;
const backgroundFirstShare = 0.15;

/** What is said of a background. */
function backgroundPhrases(background: Background): readonly string[] {
  const scenery = sceneryOf(background);
  if (scenery === undefined) return [`on a ${background} background`, `on ${background}`];
  const { place, hour } = scenery;
  if (place === 'sky') return skyPhrases[hour];
  return placeWords[place].flatMap((words) => hourWords[hour].map((time) => joined(words, time)));
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function namesOf(color: Color): readonly string[] {
  return [color, ...(colorSynonyms[color] ?? [])];
}

function noun(draws: Draws, size: string, color: Color, shape: Shape): string {
  const words = joined(size, draws.pick(namesOf(color)), draws.pick(shapeWords[shape]));
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

/** One of many descriptions of a scene. */
export function captionOf(scene: Scene, draws: Draws): string {
  let object = noun(draws, draws.pick(sizeWords[scene.size]), scene.color, scene.shape);
  if (scene.neighbour !== undefined) {
    const { relation, color, shape } = scene.neighbour;
    object = joined(object, draws.pick(relationPhrases[relation]), noun(draws, '', color, shape));
  }
  const [verb, gerund, ...tails] = draws.pick(motionPhrases[scene.motion]);
  const opener = draws.pick(openers);
  const motion = joined(opener !== '' || draws.uniform() < gerundShare ? gerund : verb, draws.pick(tails));
  const place = draws.pick(backgroundPhrases(scene.background));
  const camera = scene.camera === undefined ? '' : joined(draws.pick(cameraJoints), draws.pick(cameraPhrases[scene.camera]));
  if (opener === '' && draws.uniform() < backgroundFirstShare) return joined(place, object, motion, camera);
  return joined(opener, object, motion, place, camera);
}

/** Every word that a caption may have, behind the three ids of their own that our word tokenizer asks for. */
export function worldVocabulary(): string[] {
  const backgrounds: Background[] = [...plains, ...places.flatMap((place) => hours.map((hour) => `${place}-${hour}` as const))];
  const texts = [
    'a an',
    ...colors.flatMap(namesOf),
    ...openers,
    ...cameraJoints,
    ...Object.values(motionPhrases).flat(2),
    ...backgrounds.flatMap(backgroundPhrases),
    ...[shapeWords, sizeWords, relationPhrases, cameraPhrases].flatMap((table) => Object.values(table).flat()),
  ];
  const words = new Set(texts.join(' ').split(' '));
  words.delete('');
  return ['<pad>', '</s>', '<unk>', ...[...words].sort()];
}

/** Tokens of the longest prompt, the end included. */
export const textLength = 32;
