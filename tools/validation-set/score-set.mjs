/**
 * Scores the duplicates that `aiprod validate FOLDER --json` found in a set of `make-set.mjs`.
 * Usage: node score-set.mjs FOLDER REPORT.json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, reportFile] = process.argv.slice(2);
if (reportFile === undefined) throw new Error('usage: node score-set.mjs FOLDER REPORT.json');
const labels = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8'));
const report = JSON.parse(readFileSync(reportFile, 'utf8'));

const groupOf = new Map();
for (const [group, { ids }] of report.duplicates.entries()) for (const id of ids) groupOf.set(id, group);
const clips = labels.map(({ file, group, kind }) => ({ id: file.replace(/\.[^.]+$/, ''), group, kind }));

/** Pairs of clips: the same or not, told to be the same or not. */
const counts = { found: 0, missed: 0, wrong: 0, right: 0 };
const missedKinds = new Map();
for (const [k, one] of clips.entries()) {
  for (const other of clips.slice(k + 1)) {
    const same = one.group === other.group;
    const told = groupOf.has(one.id) && groupOf.get(one.id) === groupOf.get(other.id);
    counts[same ? (told ? 'found' : 'missed') : told ? 'wrong' : 'right']++;
    if (same && !told) for (const { kind } of [one, other]) missedKinds.set(kind, (missedKinds.get(kind) ?? 0) + 1);
  }
}
const recall = counts.found / (counts.found + counts.missed);
const precision = counts.found / (counts.found + counts.wrong);
/** A copy counts as found where it is told to show the same as its original. */
const originals = new Map(clips.filter(({ kind }) => kind.startsWith('original')).map(({ group, id }) => [group, id]));
const copies = clips.filter(({ kind }) => !kind.startsWith('original'));
const foundCopies = copies.filter(({ id, group }) => groupOf.has(id) && groupOf.get(id) === groupOf.get(originals.get(group)));
console.info(
  JSON.stringify({
    clips: clips.length,
    ...counts,
    recall,
    precision,
    f1: (2 * recall * precision) / (recall + precision),
    copiesFound: foundCopies.length / copies.length,
  }),
);
console.info(JSON.stringify(Object.fromEntries(missedKinds)));
