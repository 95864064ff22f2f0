import { expect, it } from 'vitest';
import { choosePipeline } from './choose-pipeline';

it('does what is given, the most particular first', () => {
  expect(choosePipeline({})).toBe('text-to-video');
  expect(choosePipeline({ conditionFrames: [0] })).toBe('image-to-video');
  expect(choosePipeline({ conditionFrames: [16] })).toBe('keyframes');
  expect(choosePipeline({ conditionFrames: [0, 16] })).toBe('keyframes');
  expect(choosePipeline({ conditionFrames: [0], upsampler: true })).toBe('two-stage');
  expect(choosePipeline({ conditionFrames: [0, 16], upsampler: true })).toBe('keyframes');
  expect(choosePipeline({ video: true })).toBe('video-to-video');
  expect(choosePipeline({ video: true, region: true })).toBe('retake');
  expect(choosePipeline({ video: true, extend: true })).toBe('extend');
  expect(choosePipeline({ video: true, reference: true })).toBe('ic-lora');
  expect(choosePipeline({ audio: true, conditionFrames: [0] })).toBe('audio-to-video');
  expect(choosePipeline({ distilled: true, conditionFrames: [0] })).toBe('distilled');
  expect(choosePipeline({ soundAlone: true })).toBe('text-to-audio');
});
