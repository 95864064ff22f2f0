/** The player of clips with sound, with a played generator whose sound says where in the clip it is. */
import { expect, type Page } from '@playwright/test';
import { encodeWav } from '../src/media';
import { droppedFile } from './dropped-file';
import type { ServedHarness } from './harness/serve';
import { test } from './harness/test';
import { waveformHeights } from './waveform';

let harness: ServedHarness;

test.beforeAll(({ harness: served }) => {
  harness = served;
});

declare global {
  interface Window {
    /** What is on its way to the loudspeaker. */
    aiprodTap?: { readonly context: BaseAudioContext; readonly analyser: AnalyserNode };
  }
}

const frameSlider = (page: Page) => page.getByRole('slider', { name: 'Frame', exact: true });

/** A clip with sound on the stage: 49 frames at 24 a second. */
async function clipWithSound(page: Page, query: string): Promise<void> {
  await page.goto(harness.address + query);
  await page.getByText('of graphics memory').waitFor();
  await page.getByRole('button', { name: /Change the model/ }).click();
  await page.getByRole('button', { name: /^ltx-2-example/ }).click();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor();
}

test('frames follow the sound that is heard, by less than a frame, over many rounds', async ({ page }) => {
  await page.addInitScript(() => {
    localStorage.setItem('aiprod-volume', JSON.stringify({ level: 1, muted: false }));
    // Whatever goes to the loudspeaker is looked at on its way: the page has no part in the measurement.
    const plain = AudioNode.prototype.connect;
    const tapped = function (this: AudioNode, to: AudioNode, ...rest: number[]): AudioNode | undefined {
      if (to instanceof AudioDestinationNode) {
        const analyser = new AnalyserNode(this.context, { fftSize: 32 });
        Reflect.apply(plain, this, [analyser]);
        window.aiprodTap = { context: this.context, analyser };
      }
      const connected: unknown = Reflect.apply(plain, this, [to, ...rest]);
      return connected instanceof AudioNode ? connected : undefined;
    };
    Object.defineProperty(AudioNode.prototype, 'connect', { value: tapped });
  });
  await clipWithSound(page, '?part=works&step=5&ramp');
  await expect(page.getByRole('button', { name: 'Pause (space)' })).toBeVisible();
  const readings = await page.evaluate(async () => {
    const frames = 49;
    const seconds = frames / 24;
    const found: { at: number; frames: number }[] = [];
    const samples = new Float32Array(32);
    const begun = performance.now();
    let before = begun;
    while (performance.now() - begun < 7000) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      // A machine that had no time for the page drew nothing meanwhile: that is no drift of its clocks.
      const stalled = now - before > 1000 / 24;
      before = now;
      if (stalled) continue;
      const tap = window.aiprodTap;
      if (!(tap?.context instanceof AudioContext) || tap.context.state !== 'running') continue;
      // What is drawn as this picture of the display begins, and what is heard then.
      const drawn = Number(document.querySelector('[data-testid="position"]')?.textContent?.split('/')[0]) - 1;
      tap.analyser.getFloatTimeDomainData(samples);
      const { contextTime = 0, performanceTime = 0 } = tap.context.getOutputTimestamp();
      const ahead = tap.context.currentTime - (contextTime + (now - performanceTime) / 1000);
      const rendered = samples[samples.length - 1];
      if (rendered <= 0 || performanceTime === 0) continue;
      const heard = (((rendered * seconds - ahead) / seconds) * frames + frames) % frames;
      // Distance of what is heard from the time that the drawn frame stands for, round the ends.
      const after = (heard - drawn + frames) % frames;
      found.push({ at: now - begun, frames: after < frames / 2 ? Math.max(0, after - 1) : after - frames });
    }
    return found;
  });
  expect(readings.length).toBeGreaterThan(30);
  const sorted = readings.map(({ frames }) => Math.abs(frames)).sort((a, b) => a - b);
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];
  const last = median(readings.filter(({ at }) => at > 5000).map(({ frames }) => frames));
  console.info(
    `${readings.length} readings over three rounds: median ${median(sorted).toFixed(3)} frames off, largest ${sorted[sorted.length - 1].toFixed(3)}, median of the last round ${last.toFixed(3)}`,
  );
  // Single readings also hold the delay from a clock to a picture on a busy processor; a drift would be in all of them, and grow.
  expect(median(sorted)).toBeLessThan(1);
  expect(Math.abs(last)).toBeLessThan(1);
});

test('the waveform is drawn, and takes clicks and keys frame by frame', async ({ page }) => {
  await clipWithSound(page, '?part=works&step=5');
  const slider = frameSlider(page);
  const position = page.getByTestId('position');
  const box = await slider.boundingBox();
  if (box === null) throw new Error('the waveform is not shown');
  await page.mouse.click(box.x + (box.width * 30.5) / 49, box.y + box.height / 2);
  await expect(position).toHaveText('31 / 49');
  await expect(slider).toHaveAttribute('aria-valuenow', '31');
  await expect(slider).toHaveAttribute('aria-valuetext', 'Frame 31 of 49, 1.25 sec');
  await page.keyboard.press('ArrowRight');
  await expect(position).toHaveText('32 / 49');
  await page.keyboard.press('PageDown');
  await expect(position).toHaveText('27 / 49');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  await expect(position).toHaveText('49 / 49');
  await page.keyboard.press('Home');
  await expect(position).toHaveText('1 / 49');
  const heights = await waveformHeights(slider);
  expect(heights.length).toBeGreaterThan(50);
  expect(Math.max(...heights)).toBeGreaterThan(1);
  expect(Math.min(...heights)).toBeLessThan(0.8);

  await page.keyboard.press('m');
  await expect(page.getByRole('slider', { name: 'Volume' })).toHaveAttribute('aria-valuetext', 'Muted');
  await page.getByRole('button', { name: 'Sound on (M)' }).click();
  await page.getByRole('slider', { name: 'Volume' }).fill('0.35');
  await expect(page.getByRole('slider', { name: 'Volume' })).toHaveAttribute('aria-valuetext', '35%');
});

test('a model is chosen, its size told, and what does not fit says so with what does', async ({ page }) => {
  await clipWithSound(page, '?part=works&step=5');
  await expect(page.getByRole('button', { name: /^ltx-2-example. Change the model/ })).toHaveAccessibleDescription(
    /LTX-2.0.*39.4 GB.*picture and sound.*ltx-2-community/,
  );
  await expect(page.getByRole('spinbutton', { name: 'Frames' })).toHaveValue('49');
  await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('24');
  await expect(page.getByText('the limit is 24.0 GB')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Generate' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Use 64 × 32, 17 frames' }).click();
  await expect(page.getByRole('spinbutton', { name: 'Width' })).toHaveValue('64');
  await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('a lot');
  await expect(page.getByRole('button', { name: 'Generate' })).toHaveAccessibleDescription(/Type a number of GB/);
  await page.getByRole('textbox', { name: 'Graphics memory limit' }).fill('');
  await page.getByRole('button', { name: /Change the model/ }).click();
  const builtIn = page.getByRole('list', { name: 'Models at hand' }).getByRole('button', { name: /^Built-in model/ });
  await builtIn.click();
  await expect(builtIn).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('textbox', { name: 'Fetch a model' }).fill('Lightricks/LTX-Video');
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page.getByRole('alert')).toContainText('the hub cannot be reached');
});

/** Two seconds of silence, then two of a tone, at 48 kHz in two channels. */
function ownSound(): Buffer {
  const sampleRate = 48_000;
  const tone = Float32Array.from({ length: 4 * sampleRate }, (_, k) =>
    k < 2 * sampleRate ? 0 : 0.5 * Math.sin((2 * Math.PI * 220 * k) / sampleRate),
  );
  return Buffer.from(encodeWav({ sampleRate, channels: [tone, tone] }));
}

test('a sound of one’s own is shown before it is used, and the part that is chosen is heard with the clip', async ({ page }) => {
  await page.goto(`${harness.address}?part=works&step=5`);
  await page.getByText('of graphics memory').waitFor();
  await expect(page.getByRole('button', { name: 'Use a sound of your own' })).toHaveCount(0);
  await page.getByRole('button', { name: /Change the model/ }).click();
  await page.getByRole('button', { name: /^ltx-2-example/ }).click();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball');

  const file = page.getByLabel('File of a sound');
  await file.setInputFiles({ name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound at all') });
  await expect(page.getByRole('alert')).toContainText('notes.wav cannot be used');
  await expect(page.getByRole('button', { name: 'Generate' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Go on without it' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);

  // Dropped anywhere on the page, it is taken as one that was chosen.
  const dropped = await droppedFile(page, 'half silent.wav', ownSound(), 'audio/wav');
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
  await expect(page.getByText('Drop the sound for the clip')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
  const part = page.getByRole('slider', { name: 'Where the clip begins in the sound' });
  await expect(part).toHaveAttribute('aria-valuetext', 'From 0.00 sec to 2.04 sec of 4.00 sec');
  const heights = await waveformHeights(part);
  expect(Math.max(...heights.slice(0, heights.length / 2 - 2))).toBeLessThan(0.1);
  expect(Math.min(...heights.slice(heights.length / 2 + 2))).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'As long as the sound: 89 frames' }).click();
  await expect(page.getByRole('spinbutton', { name: 'Frames' })).toHaveValue('89');
  await page.getByRole('spinbutton', { name: 'Frames' }).fill('41');
  await part.press('End');
  await expect(part).toHaveAttribute('aria-valuetext', 'From 2.29 sec to 4.00 sec of 4.00 sec');

  await page.getByRole('textbox', { name: 'Loudness' }).fill('23');
  await page.getByRole('button', { name: 'Use -23' }).click();
  await expect(page.getByRole('button', { name: 'Broadcast', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('button', { name: 'Web', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Loudness' })).toHaveValue('-14');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('link', { name: /Download/ }).waitFor();
  // The chosen part is tone throughout.
  expect(Math.min(...(await waveformHeights(frameSlider(page))))).toBeGreaterThan(1);

  await page.getByRole('button', { name: 'Take half silent.wav away' }).click();
  await page.getByRole('button', { name: 'As it is', exact: true }).click();
  await page.getByRole('button', { name: 'Use its settings' }).click();
  await expect(part).toHaveAttribute('aria-valuetext', 'From 2.29 sec to 4.00 sec of 4.00 sec');
  await expect(page.getByRole('textbox', { name: 'Loudness' })).toHaveValue('-14');
});
