/** Chinese, simplified, loaded when it is chosen. */
import clip from './zh/clip.json';
import commands from './zh/commands.json';
import compare from './zh/compare.json';
import compose from './zh/compose.json';
import conversion from './zh/conversion.json';
import edits from './zh/edits.json';
import effects from './zh/effects.json';
import exporting from './zh/export.json';
import fields from './zh/fields.json';
import inspector from './zh/inspector.json';
import machine from './zh/machine.json';
import media from './zh/media.json';
import models from './zh/models.json';
import problems from './zh/problems.json';
import queue from './zh/queue.json';
import run from './zh/run.json';
import history from './zh/history.json';
import project from './zh/project.json';
import storage from './zh/storage.json';
import shell from './zh/shell.json';
import sound from './zh/sound.json';
import timeline from './zh/timeline.json';
import tour from './zh/tour.json';
import training from './zh/training.json';
import understanding from './zh/understanding.json';
import viewer from './zh/viewer.json';
import welcome from './zh/welcome.json';

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
