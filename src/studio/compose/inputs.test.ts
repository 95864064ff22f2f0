import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OwnPicture } from '../../../workers';
import { freeFrame, inputFields, latentPlace, namedFrame, newVideo, noInputs, pipelineOf, snapFrame } from './inputs';

const traits = {
  defaults: { width: 64, height: 64, frames: 17, frameRate: 8, steps: 16, guidanceScale: 4 },
  sizeMultiple: 16,
  frameMultiple: 4,
};
const picture = (file: string, frames = 1): OwnPicture => ({
  file,
  facts: { width: 64, height: 64, frames, frameRate: null, fingerprint: `sha256:${file}` },
  thumbnail: { width: 1, height: 1, pixels: new Uint8ClampedArray(4) },
});
const image = (file: string, frame: number) => ({ id: file, picture: picture(file), frame, strength: 1 });

describe('the latent grid', () => {
  it('has one frame in its first latent frame and as many as the model compresses in each other', () => {
    expect([0, 1, 4, 5, 8, 16].map((frame) => latentPlace(frame, 4))).toEqual([
      { latentFrame: 0, first: 0, last: 0 },
      { latentFrame: 1, first: 1, last: 4 },
      { latentFrame: 1, first: 1, last: 4 },
      { latentFrame: 2, first: 5, last: 8 },
      { latentFrame: 2, first: 5, last: 8 },
      { latentFrame: 4, first: 13, last: 16 },
    ]);
  });

  it('is snapped to once and for all, within the clip', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9, max: 999 }), fc.constantFrom(4, 8), fc.integer({ min: 1, max: 30 }), (frame, multiple, latents) => {
        const frames = (latents - 1) * multiple + 1;
        const snapped = snapFrame(frame, frames, multiple);
        expect(snapped % multiple).toBe(0);
        expect(snapped).toBeLessThan(frames);
        expect(snapFrame(snapped, frames, multiple)).toBe(snapped);
      }),
    );
    expect((['first', 'middle', 'last'] as const).map((place) => namedFrame(place, 17, 4))).toEqual([0, 8, 16]);
  });

  it('has a place for each new image', () => {
    const taken: number[] = [];
    for (let count = 0; count < 5; count++) taken.push(freeFrame(taken, 17, 4));
    expect(taken).toEqual([0, 16, 8, 4, 12]);
  });
});

describe('inputs of a clip', () => {
  const choice = (inputs: Partial<typeof noInputs>, own: '' | 'keyframes' = '') =>
    pipelineOf({ ...noInputs, ...inputs }, { audio: false, own, traits }).chosen;

  it('choose the pipeline, which the person may change', () => {
    expect(choice({})).toBe('text-to-video');
    expect(choice({ images: [image('a', 0)] })).toBe('image-to-video');
    expect(choice({ images: [image('a', 0), image('b', 16)] })).toBe('keyframes');
    const video = newVideo(picture('v', 33), traits);
    expect(choice({ video })).toBe('video-to-video');
    expect(choice({ video: { ...video, use: 'extend' } })).toBe('extend');
    expect(choice({ video: { ...video, use: 'retake' } })).toBe('retake');
    expect(choice({ video: { ...video, use: 'reference' } })).toBe('ic-lora');
    expect(choice({ images: [image('a', 0)] }, 'keyframes')).toBe('keyframes');
  });

  it('say in a job what they are for', () => {
    const { fields, media } = inputFields({ ...noInputs, images: [image('b', 16), image('a', 0)] }, 'keyframes');
    expect(fields).toEqual({
      pipeline: 'keyframes',
      conditions: [
        { file: 'a', frame: 0, strength: 1 },
        { file: 'b', frame: 16, strength: 1 },
      ],
    });
    expect([...media.keys()]).toEqual(['b', 'a']);
    const video = newVideo(picture('v', 33), traits);
    expect(inputFields({ ...noInputs, video: { ...video, use: 'retake' } }, 'retake').fields).toMatchObject({
      video: 'v',
      region: { start: 11, end: 22, what: 'both' },
    });
    expect(inputFields({ ...noInputs, video, loras: [{ name: 'l', scale: 0.5 }], upsampler: 'u' }, 'video-to-video').fields).toMatchObject({
      strength: 0.7,
      loras: [{ path: 'l', scale: 0.5 }],
      upsampler: 'u',
    });
  });
});
