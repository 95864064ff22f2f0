import { expect, it } from 'vitest';
import { AiprodError } from '../../errors';
import { missingSupport, problemOf } from './problem';

it('finds words for an error, also after a worker took its class away', () => {
  const error = new AiprodError('device-lost', 'the GPU device was lost: driver reset');
  expect(problemOf(error)).toEqual(problemOf({ ...error.toJSON(), stack: '' }));
  expect(problemOf(error)).toMatchObject({
    code: 'device-lost',
    report: 'the GPU device was lost: driver reset.',
  });
});

it('takes what it does not know for a fault of the program and keeps its words', () => {
  expect(problemOf(new TypeError('x is undefined'))).toMatchObject({ code: 'internal', report: 'x is undefined' });
  expect(problemOf({ code: 'toString', message: 'odd' })).toMatchObject({ code: 'internal', report: 'odd' });
  expect(problemOf('plain')).toMatchObject({ code: 'internal', report: 'plain' });
});

it('tells an insecure address from a browser without WebGPU', () => {
  expect(missingSupport({ isSecureContext: true, hasWebGpu: true })).toBeUndefined();
  expect(missingSupport({ isSecureContext: false, hasWebGpu: false })?.words).toBe('insecure-address');
  expect(missingSupport({ isSecureContext: true, hasWebGpu: false })?.words).toBe('no-webgpu');
});
