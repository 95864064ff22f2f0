/**
 * Makes a labelled set of clips with ffmpeg for `aiprod validate`: originals, copies of them (coded again, scaled, cropped, mirrored, brighter),
 * and hard negatives (the same photograph or background with another camera path, another object, another motion).
 * Usage: node make-set.mjs FOLDER SEED [PHOTOGRAPH...]; sets of other seeds have no clip in common. Used: ffmpeg 5.1.9.
 *
 * `labels.json` tells which clips show the same: those of one `group`; and which originals are `unjudged` pairs. The rule is the one that `aiprod validate`
 * states, applied to how they were made (`view-geometry.mjs`) and not from what they look like.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fractalView, kinship, panView } from './view-geometry.mjs';

const [folder, seedText, ...photographs] = process.argv.slice(2);
const seed = Number(seedText);
if (folder === undefined || !Number.isSafeInteger(seed)) throw new Error('usage: node make-set.mjs FOLDER SEED [PHOTOGRAPH...]');
mkdirSync(folder, { recursive: true });

/** Numbers in [0, 1) that are the same in every run (Steele et al. 2014, SplitMix, 32 bits). */
let state = seed;
function random() {
  state = (state + 0x9e3779b9) | 0;
  let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}
const between = (from, to) => from + (to - from) * random();
const oneOf = (list) => list[Math.floor(random() * list.length)];

const size = '320x240';
const seconds = 2;
const rate = 16;
const frames = seconds * rate;

/** Encoders by codec, quick ones; `worse` is how a copy is coded. */
const x265 = (crf) => [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-x265-params',
  `crf=${crf}:pools=none:frame-threads=1:log-level=none`,
  '-tag:v',
  'hvc1',
];
const encoders = {
  h264: { ending: 'mp4', coded: (worse) => ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', worse ? '34' : '20'] },
  h265: { ending: 'mp4', coded: (worse) => x265(worse ? 34 : 22) },
  vp9: {
    ending: 'webm',
    coded: (worse) => ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-crf', worse ? '48' : '24', '-b:v', '0'],
  },
  av1: {
    ending: 'mp4',
    coded: (worse) => ['-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-crf', worse ? '50' : '28', '-b:v', '0'],
  },
};
/** Most are H.264, which is quick to make. */
const codecs = ['h264', 'h264', 'h264', 'h265', 'vp9', 'av1'];
const quiet = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-threads', '1', '-filter_threads', '1'];

function ffmpeg(args) {
  execFileSync('ffmpeg', [...quiet, ...args], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 });
}

const labels = [];
function add(name, group, kind, codec, quality, args) {
  const file = `${name}.${encoders[codec].ending}`;
  ffmpeg([
    ...args,
    '-frames:v',
    String(frames),
    '-pix_fmt',
    'yuv420p',
    '-threads',
    '1',
    ...encoders[codec].coded(quality === 'worse'),
    join(folder, file),
  ]);
  labels.push({ file, group, kind, codec });
  return file;
}

/** What an original shows, as ffmpeg's arguments. `family`: originals of one family are hard negatives of each other. */
function originals() {
  const list = [];
  const source = (family, text, view) => list.push({ family, args: ['-f', 'lavfi', '-t', String(seconds), '-i', text], view });
  for (const photograph of photographs) {
    for (let path = 0; path < 3; path++) {
      const [zoom, speed, fx, fy] = [between(1.05, 1.8), between(-0.006, 0.006), between(0, 1), between(0, 1)];
      const [dx, dy] = [between(-0.25, 0.25), between(-0.25, 0.25)];
      const pan = `zoompan=z='max(1.02,${zoom}+${speed}*on)':x='(iw-iw/zoom)*min(1,max(0,${fx}+${dx}*on/${frames}))':y='(ih-ih/zoom)*min(1,max(0,${fy}+${dy}*on/${frames}))':d=${frames}:s=${size}:fps=${rate}`;
      list.push({
        family: basename(photograph),
        view: panView({ zoom, speed, fx, fy, dx, dy, frames }),
        args: ['-i', photograph, '-vf', `scale=960:720:force_original_aspect_ratio=increase,crop=960:720,${pan}`],
      });
    }
  }
  for (let k = 0; k < 10; k++)
    source(
      'life',
      `life=s=${size}:mold=10:r=${rate}:ratio=${between(0.05, 0.3).toFixed(3)}:seed=${1000 * seed + k + 1}:death_color=#400000:life_color=#FFFFFF`,
    );
  for (let k = 0; k < 10; k++) {
    const [x, y, scale] = [-0.743643887 + between(-0.02, 0.02), -0.131825904 + between(-0.02, 0.02), between(0.05, 1)];
    source(
      'mandelbrot',
      `mandelbrot=s=${size}:rate=${rate}:start_x=${x.toFixed(6)}:start_y=${y.toFixed(6)}:start_scale=${scale.toFixed(3)}`,
      fractalView({ x, y, scale, frames }),
    );
  }
  for (let k = 0; k < 6; k++)
    source(
      'gradients',
      `gradients=s=${size}:r=${rate}:speed=${between(0.01, 0.05).toFixed(3)}:nb_colors=${2 + (k % 5)}:seed=${1000 * seed + k + 3}`,
    );
  const colors = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'white'];
  const motions = {
    left: ['W-w-120*t', 'H/2'],
    right: ['120*t', 'H/2'],
    down: ['W/2', '90*t'],
    up: ['W/2', 'H-h-90*t'],
    circle: ['W/2+70*cos(2*t)', 'H/2+50*sin(2*t)'],
  };
  for (const ground of ['skyblue', 'darkgreen', 'gray']) {
    for (const [x, y] of Object.values(motions)) {
      const side = Math.round(between(36, 70));
      source(
        `object on ${ground}`,
        `gradients=s=${size}:r=${rate}:speed=0.00001:c0=${ground}:c1=black:x0=0:y0=0:x1=0:y1=480:nb_colors=2[g];color=${oneOf(colors)}:s=${side}x${side}:r=${rate}[o];[g][o]overlay=x='${x}':y='${y}':shortest=0`,
      );
    }
  }
  return list;
}

/** Originals so far. */
const made = [];
/** Pairs of originals that are neither the same nor others. */
const unjudged = [];
function groupOf({ family, view }, name) {
  const kin = made.flatMap((other) =>
    other.family !== family || view === undefined ? [] : [{ other, kinship: kinship(view, other.view) }],
  );
  const same = kin.filter((known) => known.kinship === 'same').map(({ other }) => other.group);
  const group = Math.min(made.length, ...same);
  for (const other of made) if (same.includes(other.group)) other.group = group;
  for (const { other, kinship } of kin) if (kinship === 'unjudged') unjudged.push([other.name, name]);
  made.push({ family, view, group, name });
  return made[made.length - 1];
}

for (const [k, original] of originals().entries()) {
  const { family, args } = original;
  const name = `clip-${String(k).padStart(3, '0')}`;
  const group = groupOf(original, name);
  const file = join(folder, add(name, group, `original of ${family}`, codecs[k % codecs.length], 'better', args));
  const again = ['-i', file];
  add(`${name}-again`, group, 'coded again', oneOf(codecs), 'worse', again);
  add(`${name}-scaled`, group, 'scaled', oneOf(codecs), 'worse', [
    ...again,
    '-vf',
    oneOf(['scale=192:144', 'scale=426:240', 'scale=240:240']),
  ]);
  const [w, h] = [between(0.68, 0.95), between(0.68, 0.95)];
  add(`${name}-crop`, group, 'cropped', oneOf(codecs), 'worse', [
    ...again,
    '-vf',
    `crop=trunc(iw*${w.toFixed(3)}/2)*2:trunc(ih*${h.toFixed(3)}/2)*2:(iw-ow)*${random().toFixed(3)}:(ih-oh)*${random().toFixed(3)}`,
  ]);
  add(`${name}-flip`, group, 'mirrored', oneOf(codecs), 'worse', [...again, '-vf', 'hflip']);
  add(`${name}-light`, group, 'brighter', oneOf(codecs), 'worse', [
    ...again,
    '-vf',
    `eq=brightness=${between(-0.12, 0.12).toFixed(3)}:contrast=${between(0.8, 1.25).toFixed(3)}`,
  ]);
}
const clips = labels.map(({ group, ...label }) => ({ ...label, group: group.group }));
writeFileSync(join(folder, 'labels.json'), `${JSON.stringify({ clips, unjudged }, null, 1)}\n`);
process.stderr.write(`${labels.length} clips, ${made.length} originals in ${new Set(made.map(({ group }) => group)).size} groups\n`);
