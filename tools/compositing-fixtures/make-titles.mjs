/**
 * What Chromium makes of titles with the same fonts: where its lines break (CSS Text, `line-break: strict`) and what its canvas draws of them.
 * Run: node tools/compositing-fixtures/make-titles.mjs
 */
import { Buffer } from 'node:buffer';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright';
import sharp from 'sharp';
import { withSources } from '../with-sources.mjs';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'src', 'compositing', 'fixtures');
const packages = [
  ...['geist', 'source-serif-4', 'noto-sans', 'noto-sans-jp', 'noto-sans-kr', 'noto-sans-sc'],
  ...['noto-sans-arabic', 'noto-sans-hebrew', 'noto-emoji'],
];
const width = 640;
const height = 160;
const cases = [
  {
    name: 'latin',
    title: { text: 'AVATAR: “Type”, Łódź, fjörd\nΕλληνικά, Русский, Tiếng Việt', size: 18 / height, weight: 500 },
    stack: ['Geist Variable', 'Noto Sans Variable'],
    lang: 'en',
  },
  {
    name: 'serif',
    title: {
      text: 'A well-known officer’s first difficult waffle, quite off the map',
      font: 'serif',
      size: 18 / height,
      weight: 400,
      wrap: 0.6,
      align: 'start',
    },
    stack: ['Source Serif 4 Variable'],
    lang: 'en',
  },
  {
    name: 'japanese',
    title: {
      text: '東京では「雪が降る」と、彼は言った。カッターのデータ、きゃっか！',
      size: 16 / height,
      weight: 400,
      wrap: 0.5,
      align: 'start',
    },
    stack: ['Geist Variable', 'Noto Sans Variable', 'Noto Sans JP Variable'],
    lang: 'ja',
  },
  {
    name: 'chinese',
    title: {
      text: '直到今天，海角的骨头（真的）都在：下雪了！我们走吧，好吗？Studio 2026',
      size: 16 / height,
      weight: 700,
      wrap: 0.5,
      align: 'center',
    },
    stack: ['Geist Variable', 'Noto Sans Variable', 'Noto Sans SC Variable'],
    lang: 'zh-Hans',
  },
  {
    name: 'right-to-left',
    title: { text: 'السَّلامُ عَلَيْكُمْ، Studio 2026 (فيديو)!\nשלום עולם (וידאו) 12.5%', size: 18 / height, wrap: 0.9, align: 'start' },
    stack: ['Geist Variable', 'Noto Sans Variable', 'Noto Sans Arabic Variable', 'Noto Sans Hebrew Variable'],
    lang: 'ar',
  },
  {
    name: 'korean',
    title: {
      text: '서울에는 첫눈이 내렸고, 그는 “다시 만나자”라고 말했다. 값진 하루, 꽃샘추위 (2026)!',
      size: 16 / height,
      weight: 600,
      wrap: 0.5,
      align: 'start',
    },
    stack: ['Geist Variable', 'Noto Sans Variable', 'Noto Sans KR Variable'],
    lang: 'ko',
  },
  {
    name: 'emoji',
    title: {
      text: 'Kite day 🪁🎬 with 👩‍🚀 and 👍🏽, from 🇰🇷🇫🇷 to 🏳️‍🌈 by ☀️ 2️⃣',
      size: 18 / height,
      weight: 400,
      wrap: 0.5,
      align: 'start',
    },
    stack: ['Geist Variable', 'Noto Sans Variable', 'Noto Emoji Variable'],
    lang: 'en',
  },
];
const capitals = { sans: 0.71, serif: 0.67 };
/** Chromium puts baselines on whole pixels: lines are this far from each other. */
const advance = 30;

const launch = await withSources(async (load) => (await load('/tools/chromium.ts')).chromiumLaunch());
const browser = await chromium.launch(launch);
const page = await browser.newPage();
await page.route('http://fonts.example/**', async (route) => {
  const { pathname } = new URL(route.request().url());
  if (pathname === '/') {
    const sheets = packages.map((name) => `<link rel="stylesheet" href="/${name}/index.css">`).join('');
    return route.fulfill({ contentType: 'text/html', body: `<!doctype html><meta charset="utf-8">${sheets}<body></body>` });
  }
  const contentType = pathname.endsWith('.css') ? 'text/css' : 'font/woff2';
  return route.fulfill({ contentType, body: await readFile(join(root, 'node_modules', '@fontsource-variable', pathname)) });
});
await page.goto('http://fonts.example/');
const made = [];
for (const { name, title: given, stack, lang } of cases) {
  const fontSize = (given.size * height) / capitals[given.font ?? 'sans'];
  const title = { ...given, lineHeight: advance / fontSize };
  const drawn = await page.evaluate(
    async ({ title, stack, lang, fontSize, advance, width, height }) => {
      const { document, OffscreenCanvas, Range } = globalThis;
      const font = `${title.weight ?? 600} ${fontSize}px ${stack.map((family) => `"${family}"`).join()}`;
      const box = (title.wrap ?? 0.9) * width;
      const block = document.createElement('div');
      block.lang = lang;
      block.style.cssText = `position:absolute;left:0;top:0;font:${font};text-rendering:geometricPrecision;line-height:1.5;line-break:strict;unicode-bidi:plaintext;white-space:${title.wrap === undefined ? 'pre' : 'pre-wrap'};width:${box}px`;
      block.textContent = title.text;
      document.body.replaceChildren(block);
      await document.fonts.load(font, title.text);
      await document.fonts.ready;
      const text = block.firstChild;
      const lines = [];
      let top;
      for (let at = 0; at < title.text.length; at++) {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        const middle = [...range.getClientRects()].map((rect) => rect.top + rect.height / 2).at(-1);
        const line = middle === undefined ? top : Math.floor(middle / (fontSize * 1.5));
        if (line !== top) lines.push('');
        top = line;
        lines[lines.length - 1] += title.text[at];
      }
      const words = lines.map((line) => line.trimEnd());
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.font = font;
      context.textRendering = 'geometricPrecision';
      context.lang = lang;
      context.fillStyle = '#fff';
      const widths = words.map((line) => context.measureText(line).width);
      const first = (height - advance * words.length) / 2;
      const alignment = title.align ?? 'center';
      words.forEach((line, at) => {
        const fromRight = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(line);
        context.direction = fromRight ? 'rtl' : 'ltr';
        context.textAlign = alignment;
        const edge = alignment === 'center' ? width / 2 : fromRight ? (width + box) / 2 : (width - box) / 2;
        context.fillText(line, edge, first + advance * (at + 0.5) + (title.size * height) / 2);
      });
      const { data } = context.getImageData(0, 0, width, height);
      return { lines: words, widths, alpha: Array.from({ length: width * height }, (_, at) => data[at * 4 + 3]) };
    },
    { title, stack, lang, fontSize, advance, width, height },
  );
  made.push({ name, title, lines: drawn.lines, widths: drawn.widths, alpha: drawn.alpha });
}
await browser.close();
const pixels = Buffer.concat(made.map(({ alpha }) => Buffer.from(alpha)));
await sharp(pixels, { raw: { width, height: height * made.length, channels: 1 } })
  .png({ compressionLevel: 9 })
  .toFile(join(folder, 'titles-chromium.png'));
const cleaned = { width, height, cases: made.map(({ name, title, lines, widths }) => ({ name, title, lines, widths })) };
await writeFile(join(folder, 'titles-chromium.json'), `${JSON.stringify(cleaned, null, 2)}\n`);
