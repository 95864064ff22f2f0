import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { migrateDocument } from '../config/web';
import { emptyProject, projectVersion } from './project';
import { mediaOfSequence, projectMigrations, readProject, writeProject } from './project-file';
import { mediaOf, projectOf } from './testing';

const fixtures = join(import.meta.dirname, '../../fixtures/project');

describe('a project file', () => {
  it('is read as it was written', async () => {
    const project = projectOf([await mediaOf('m1', 'a.mp4', 'one'), await mediaOf('m2', 'b.mp4', 'two')]);
    expect(readProject(writeProject(project))).toEqual({ project, notes: [] });
  });

  it('of every version that was ever written is still read', async () => {
    expect(projectMigrations).toHaveLength(projectVersion - 1);
    for (let version = 1; version <= projectVersion; version++) {
      const { project } = readProject(await readFile(join(fixtures, `version-${version}.json`), 'utf8'));
      expect(project.version).toBe(projectVersion);
      expect(project.sequence.tracks.flatMap(({ clips }) => clips.map(({ id }) => id))).toEqual(['c1', 't1', 's1']);
      expect(project.generations[0].recipe.job.prompt).toBe('a red ball bounces');
    }
  });

  it('of a newer version is refused with what to do', () => {
    const newer = JSON.stringify({ ...emptyProject('p', '', projectOf([]).sequence), version: projectVersion + 1 });
    expect(() => readProject(newer, 'new.aiprod')).toThrow(/new\.aiprod: the project is of an unknown version .*found 2.*update/);
  });

  it('of an earlier version is brought on step by step', () => {
    const step = (version: number) => ({
      apply: (values: Readonly<Record<string, unknown>>) => ({
        values: { ...values, passed: z.array(z.number()).default([]).parse(values.passed).concat(version) },
        notes: [`from ${version}`],
      }),
    });
    const about = { name: 'project', where: 'x', hint: '' };
    const migrations = [step(1), step(2)];
    expect(migrateDocument({ version: 1 }, migrations, about)).toEqual({
      values: { version: 3, passed: [1, 2] },
      notes: ['from 1', 'from 2'],
    });
    expect(migrateDocument({ version: 2 }, migrations, about).values).toEqual({ version: 3, passed: [2] });
  });

  it('that is none, or damaged, is refused with its place', async () => {
    const project = projectOf([await mediaOf('m1', 'a.mp4', 'one')]);
    expect(() => readProject('{"a":')).toThrow(/not a project/);
    expect(() => readProject('[]')).toThrow(/another kind of file/);
    expect(() => readProject('{"format":"aiprod-project","version":1}')).toThrow(/not valid at id/);
    const outside = { ...project, media: project.media.map((item) => ({ ...item, path: '../../secret' })) };
    expect(() => readProject(writeProject(outside))).toThrow(/not valid at media\.0\.path/);
    const [first] = project.sequence.tracks;
    const twice = { ...project, sequence: { ...project.sequence, tracks: [{ ...first, clips: [...first.clips, ...first.clips] }] } };
    expect(() => readProject(JSON.stringify(twice))).toThrow(/tracks\.0\.clips: clips of a track must be in order/);
  });

  it('never throws anything but its own errors, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          readProject(text);
          return false;
        } catch (error) {
          return error instanceof Error && error.name === 'AiprodError';
        }
      }),
    );
  });

  it('names the media that clips and effects use, listed or not', async () => {
    const project = projectOf([await mediaOf('m1', 'a.mp4', 'one')]);
    expect([...mediaOfSequence({ ...project })]).toEqual(['m1']);
    expect([...mediaOfSequence(readProject(writeProject({ ...project, media: [] })).project)]).toEqual(['m1']);
  });
});
