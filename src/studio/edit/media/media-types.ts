import { foreignSoundTypes, foreignVideoTypes } from '../../convert/foreign-endings';

/** Files that a project takes, as the browser's chooser reads it. */
export const mediaTypes = `video/*,image/*,audio/*,.mkv,.y4m,.cube,${foreignVideoTypes},${foreignSoundTypes}`;
