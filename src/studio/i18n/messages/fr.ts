/** French, loaded when it is chosen. */
import clip from './fr/clip.json';
import commands from './fr/commands.json';
import compare from './fr/compare.json';
import compose from './fr/compose.json';
import conversion from './fr/conversion.json';
import edits from './fr/edits.json';
import effects from './fr/effects.json';
import exporting from './fr/export.json';
import fields from './fr/fields.json';
import inspector from './fr/inspector.json';
import machine from './fr/machine.json';
import media from './fr/media.json';
import models from './fr/models.json';
import problems from './fr/problems.json';
import queue from './fr/queue.json';
import run from './fr/run.json';
import history from './fr/history.json';
import project from './fr/project.json';
import storage from './fr/storage.json';
import shell from './fr/shell.json';
import sound from './fr/sound.json';
import timeline from './fr/timeline.json';
import tour from './fr/tour.json';
import training from './fr/training.json';
import understanding from './fr/understanding.json';
import viewer from './fr/viewer.json';
import welcome from './fr/welcome.json';

export const messages = {
  clip,
  commands,
  compare,
  compose,
  conversion,
  edits,
  effects,
  export: exporting,
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
  understanding,
  viewer,
  welcome,
};
