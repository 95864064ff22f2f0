/** Japanese, loaded when it is chosen. */
import clip from './ja/clip.json';
import commands from './ja/commands.json';
import compare from './ja/compare.json';
import compose from './ja/compose.json';
import conversion from './ja/conversion.json';
import edits from './ja/edits.json';
import effects from './ja/effects.json';
import exporting from './ja/export.json';
import fields from './ja/fields.json';
import inspector from './ja/inspector.json';
import machine from './ja/machine.json';
import media from './ja/media.json';
import models from './ja/models.json';
import problems from './ja/problems.json';
import queue from './ja/queue.json';
import run from './ja/run.json';
import history from './ja/history.json';
import project from './ja/project.json';
import storage from './ja/storage.json';
import shell from './ja/shell.json';
import sound from './ja/sound.json';
import timeline from './ja/timeline.json';
import tour from './ja/tour.json';
import training from './ja/training.json';
import understanding from './ja/understanding.json';
import viewer from './ja/viewer.json';
import welcome from './ja/welcome.json';

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
