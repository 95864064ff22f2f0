/** The fonts of titles as data URLs: read only where a title is drawn. */
import type { TitleFont } from './layout';
import geistMono from './fonts/geist-mono.ttf?inline';
import geist from './fonts/geist.ttf?inline';
import sourceSerif from './fonts/source-serif-4.ttf?inline';

export const fontFiles: Readonly<Record<TitleFont, string>> = { geist, 'geist-mono': geistMono, 'source-serif-4': sourceSerif };
