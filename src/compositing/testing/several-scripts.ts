/** A title in several scripts whose picture is the same to the byte in Node and in a page. */
import { titleSchema } from '../../project';

export const severalScripts = {
  title: titleSchema.parse({
    text: 'Łódź, Ελλάδα, Київ – 東京は「雪」。\nالسَّلامُ عَلَيْكُمْ (2026)\nשלום עולם，下雪了！',
    ...{ size: 0.06, wrap: 0.7, align: 'start', italic: true, background: '#20304080', color: '#ffe0c0' },
  }),
  size: { width: 480, height: 270 },
  sha256: '1ef64e4dc0b439e69c14e8aae579a8b2364941d07b6244df0c0900338d642da4',
};
