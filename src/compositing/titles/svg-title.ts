/** A title as SVG, for Node. */
import type { PictureSize, Title } from '../../project';
import { fontNames, layOutTitle } from './layout';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** #rrggbb or #rrggbbaa as a colour and its opacity, which SVG keeps apart. */
function paint(color: string): string {
  const alpha = color.length === 9 ? parseInt(color.slice(7), 16) / 255 : 1;
  return `fill="${color.slice(0, 7)}" fill-opacity="${alpha}"`;
}

export function titleSvg(title: Title, { width, height }: PictureSize): string {
  const { file, fontSize, anchor, lean, lines, band } = layOutTitle(title, { width, height });
  const behind = band === null ? '' : `<rect x="0" y="${band.y}" width="${width}" height="${band.height}" ${paint(band.color)}/>`;
  const style = `font-family="'${fontNames[file]}', sans-serif" font-size="${fontSize}" font-weight="${title.weight}" text-anchor="${anchor}"`;
  const words = lines.map(
    ({ text, x, y }) =>
      `<text xml:space="preserve" transform="translate(${x} ${y}) skewX(${-lean})" ${style} ${paint(title.color)}>${escaped(text)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${behind}${words.join('')}</svg>`;
}
