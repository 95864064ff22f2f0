import { foreignVideoEnding, foreignVideoTypes } from '../convert/foreign-endings';

/** What the file dialog offers. */
export const inputFileTypes = `image/png,image/jpeg,image/webp,image/gif,video/mp4,video/webm,video/quicktime,.mkv,.y4m,${foreignVideoTypes}`;

const pictureType = /^(image|video)\//;
const pictureEnding = /\.(png|jpe?g|webp|gif|mp4|m4v|mov|webm|mkv|y4m)$/i;

/** Whether something that is dragged over the page says that it is a picture or video. */
export function isDraggedPicture({ items }: DataTransfer): boolean {
  return Array.from(items).some(({ type }) => pictureType.test(type));
}

/** Whether a file says that it is an image or a video, by its type or where it has none by its name. */
export const isPictureFile = ({ type, name }: File): boolean =>
  pictureType.test(type) || (type === '' && pictureEnding.test(name)) || foreignVideoEnding.test(name);

/** Images and videos among what was dropped or pasted. Must be called within the event: what was given is gone after it. */
export function picturesIn(items: DataTransferItemList): File[] {
  return Array.from(items)
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.getAsFile())
    .filter((file) => file !== null)
    .filter(isPictureFile);
}
