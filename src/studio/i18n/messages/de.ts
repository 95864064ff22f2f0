/** German, loaded when it is chosen. */
import clip from './de/clip.json';
import commands from './de/commands.json';
import compare from './de/compare.json';
import compose from './de/compose.json';
import conversion from './de/conversion.json';
import edits from './de/edits.json';
import effects from './de/effects.json';
import exporting from './de/export.json';
import fields from './de/fields.json';
import inspector from './de/inspector.json';
import machine from './de/machine.json';
import media from './de/media.json';
import models from './de/models.json';
import problems from './de/problems.json';
import queue from './de/queue.json';
import run from './de/run.json';
import history from './de/history.json';
import project from './de/project.json';
import storage from './de/storage.json';
import shell from './de/shell.json';
import sound from './de/sound.json';
import timeline from './de/timeline.json';
import tour from './de/tour.json';
import training from './de/training.json';
import understanding from './de/understanding.json';
import viewer from './de/viewer.json';
import welcome from './de/welcome.json';

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
