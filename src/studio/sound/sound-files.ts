import { foreignSoundEnding, foreignSoundTypes } from '../convert/foreign-endings';

/** What the file dialog offers. */
export const soundFileTypes = `audio/*,video/mp4,video/webm,video/quicktime,.wav,.mp3,.flac,.ogg,.opus,.m4a,.aac,.mkv,${foreignSoundTypes}`;

const soundType = /^(audio|video)\//;
const soundEnding = /\.(wav|mp3|flac|ogg|oga|opus|m4a|aac|mp4|m4v|mov|webm|mkv)$/i;

/** Whether something that is dragged over the page says that it is a sound, or a video; a folder says nothing of itself. */
export function isDraggedSound({ items }: DataTransfer): boolean {
  return Array.from(items).some(({ type }) => soundType.test(type));
}

/** Whether a file says that it is a sound, or a video that may have one. */
export const isSoundFile = ({ type, name }: File): boolean =>
  soundType.test(type) || soundEnding.test(name) || foreignSoundEnding.test(name);
