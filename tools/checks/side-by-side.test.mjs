import { expect, it } from 'vitest';
import { runSideBySide } from './side-by-side.mjs';

/** Checks that end when they are told to; what has begun is in `begun`. */
function stage(checks, lanes) {
  const begun = [];
  const endings = new Map();
  const all = runSideBySide(checks, lanes, ({ name }) => {
    begun.push(name);
    return new Promise((resolve, reject) => endings.set(name, { resolve, reject }));
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return {
    begun,
    all,
    settle,
    async end(name) {
      endings.get(name).resolve();
      await settle();
    },
  };
}

it('fills its lanes in order, and lets a check wait for what it needs', async () => {
  const checks = [{ name: 'gpu' }, { name: 'build' }, { name: 'e2e', needs: ['build'] }, { name: 'lint' }];
  const { begun, all, settle, end } = stage(checks, 2);
  await settle();
  expect(begun).toEqual(['gpu', 'build']);
  await end('gpu');
  expect(begun).toEqual(['gpu', 'build', 'lint']);
  await end('build');
  expect(begun).toEqual(['gpu', 'build', 'lint', 'e2e']);
  await end('e2e');
  await end('lint');
  await all;
});

it('does not wait for what was not asked for', async () => {
  const { begun, all, settle, end } = stage([{ name: 'e2e', needs: ['build'] }, { name: 'lint' }], 1);
  await settle();
  expect(begun).toEqual(['e2e']);
  await end('e2e');
  expect(begun).toEqual(['e2e', 'lint']);
  await end('lint');
  await all;
});

it('says which checks wait for each other, and passes on why one cannot be run', async () => {
  const circle = [
    { name: 'a', needs: ['b'] },
    { name: 'b', needs: ['a'] },
  ];
  await expect(runSideBySide(circle, 2, async () => {})).rejects.toThrow('checks that wait for each other: a, b');
  await expect(runSideBySide([{ name: 'a' }], 2, () => Promise.reject(new Error('no such program')))).rejects.toThrow('no such program');
});
