/** Spanish, loaded when it is chosen. */
import clip from './es/clip.json';
import commands from './es/commands.json';
import compare from './es/compare.json';
import compose from './es/compose.json';
import conversion from './es/conversion.json';
import edits from './es/edits.json';
import effects from './es/effects.json';
import exporting from './es/export.json';
import fields from './es/fields.json';
import inspector from './es/inspector.json';
import machine from './es/machine.json';
import media from './es/media.json';
import models from './es/models.json';
import problems from './es/problems.json';
import queue from './es/queue.json';
import run from './es/run.json';
import history from './es/history.json';
import project from './es/project.json';
import storage from './es/storage.json';
import shell from './es/shell.json';
import sound from './es/sound.json';
import timeline from './es/timeline.json';
import tour from './es/tour.json';
import training from './es/training.json';
import understanding from './es/understanding.json';
import viewer from './es/viewer.json';
import welcome from './es/welcome.json';

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
