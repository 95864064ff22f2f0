/**
 * English, the language that the others are checked against: the words that a page shows at once. Those of workspaces that are loaded when they
 * are opened stand in `en-workspaces.ts`. One file a part of the studio.
 */
import clip from './en/clip.json';
import commands from './en/commands.json';
import compare from './en/compare.json';
import compose from './en/compose.json';
import edits from './en/edits.json';
import fields from './en/fields.json';
import machine from './en/machine.json';
import models from './en/models.json';
import problems from './en/problems.json';
import queue from './en/queue.json';
import run from './en/run.json';
import history from './en/history.json';
import project from './en/project.json';
import storage from './en/storage.json';
import shell from './en/shell.json';
import sound from './en/sound.json';
import tour from './en/tour.json';
import understanding from './en/understanding.json';
import welcome from './en/welcome.json';
import type { workspaceWords } from './en-workspaces';

export const en = {
  clip,
  commands,
  compare,
  compose,
  edits,
  fields,
  machine,
  models,
  problems,
  queue,
  run,
  history,
  project,
  storage,
  shell,
  sound,
  tour,
  understanding,
  welcome,
};
/** All words of the studio. */
export type Messages = typeof en & typeof workspaceWords;
