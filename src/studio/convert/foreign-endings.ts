/** Endings of files that are taken only to be converted: systems and browsers know few of their types. */
const videoEndings = ['avi', 'mpg', 'mpeg', 'm2v', 'vob', 'ts', 'mts', 'm2ts', 'wmv', 'asf', 'flv', 'mxf', 'dv', 'rm'];
const soundEndings = ['aif', 'aiff', 'aifc', 'wma', 'ac3', 'amr', 'caf', 'au', 'wv', 'ape'];

const list = (endings: readonly string[]): string => endings.map((ending) => `.${ending}`).join(',');
const pattern = (endings: readonly string[]): RegExp => new RegExp(`\\.(${endings.join('|')})$`, 'i');

/** As the attribute `accept` lists them. */
export const foreignVideoTypes = list(videoEndings);
export const foreignSoundTypes = list(soundEndings);

export const foreignVideoEnding = pattern(videoEndings);
export const foreignSoundEnding = pattern(soundEndings);
