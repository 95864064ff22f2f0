/** Files that a project takes, as the browser's chooser reads it. */
export const mediaTypes = 'video/*,image/*,audio/*,.mkv,.y4m,.cube';
