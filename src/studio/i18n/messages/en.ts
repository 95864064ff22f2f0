/** English, the language that the others are checked against. One file a part of the studio. */
import clip from './en/clip.json';
import commands from './en/commands.json';
import compare from './en/compare.json';
import compose from './en/compose.json';
import edits from './en/edits.json';
import exportWords from './en/export.json';
import effects from './en/effects.json';
import fields from './en/fields.json';
import inspector from './en/inspector.json';
import machine from './en/machine.json';
import media from './en/media.json';
import models from './en/models.json';
import problems from './en/problems.json';
import queue from './en/queue.json';
import run from './en/run.json';
import history from './en/history.json';
import project from './en/project.json';
import storage from './en/storage.json';
import shell from './en/shell.json';
import sound from './en/sound.json';
import timeline from './en/timeline.json';
import tour from './en/tour.json';
import training from './en/training.json';
import viewer from './en/viewer.json';
import understanding from './en/understanding.json';
import welcome from './en/welcome.json';

export const en = {
  clip,
  commands,
  compare,
  compose,
  edits,
  export: exportWords,
  effects,
  fields,
  inspector,
  machine,
  media,
  models,
  problems,
  queue,
  run,
  history,
  project,
  storage,
  shell,
  sound,
  timeline,
  tour,
  training,
  viewer,
  understanding,
  welcome,
};
export type Messages = typeof en;
