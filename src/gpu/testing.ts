/** The GPU of a test worker: one device for all test files of the process. */
import { acquireNodeDevice } from './node';
import type { GpuDevice } from './device';

let shared: Promise<GpuDevice> | undefined;

/**
 * The adapter that tests run on: `AIPROD_ADAPTER` (`swiftshader`, `lavapipe`, `auto` or a part of a name). SwiftShader is the
 * default because it is the same on every machine.
 */
export function testAdapter(): string {
  return process.env.AIPROD_ADAPTER ?? 'swiftshader';
}

/** One device shared by the tests of a worker process; tests must not destroy it. Says its name once. */
export function testDevice(): Promise<GpuDevice> {
  shared ??= acquireNodeDevice({ preference: testAdapter(), log: (line) => console.info(line) });
  return shared;
}

/** A device of its own for a test that destroys or loses it. */
export function ownTestDevice(): Promise<GpuDevice> {
  return acquireNodeDevice({ preference: testAdapter() });
}
