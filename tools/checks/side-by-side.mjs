/** Checks that do not fill the processor alone, several at once. */

/**
 * Runs every check, at most `lanes` at once, the first in the list that is ready first. A check is ready when those that it needs, if they
 * are run at all, have ended, however they ended: each tells of its own failure.
 * @template {{ name: string, needs?: readonly string[] }} Check
 * @param {readonly Check[]} checks
 * @param {number} lanes 1 or more
 * @param {(check: Check) => Promise<void>} run
 */
export async function runSideBySide(checks, lanes, run) {
  const waiting = [...checks];
  const open = new Set(checks.map(({ name }) => name));
  const running = new Set();
  while (waiting.length > 0 || running.size > 0) {
    const next = running.size < lanes ? waiting.findIndex(({ needs = [] }) => !needs.some((name) => open.has(name))) : -1;
    if (next < 0) {
      if (running.size === 0) throw new Error(`checks that wait for each other: ${waiting.map(({ name }) => name).join(', ')}`);
      await Promise.race(running);
      continue;
    }
    const [check] = waiting.splice(next, 1);
    const ending = run(check).finally(() => {
      running.delete(ending);
      open.delete(check.name);
    });
    running.add(ending);
  }
}
