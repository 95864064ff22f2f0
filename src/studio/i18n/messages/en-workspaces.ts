/** English words of the workspaces that are loaded when they are opened: read through `WorkspaceWords`, never with the first load. */
import conversion from './en/conversion.json';
import effects from './en/effects.json';
import exporting from './en/export.json';
import inspector from './en/inspector.json';
import media from './en/media.json';
import timeline from './en/timeline.json';
import training from './en/training.json';
import viewer from './en/viewer.json';

export const workspaceWords = { conversion, effects, export: exporting, inspector, media, timeline, training, viewer };
