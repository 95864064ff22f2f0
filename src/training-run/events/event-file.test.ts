import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crc32c } from './crc32c';
import { openEventFile } from './event-file';

/** The events of the test as TensorBoard 2.21's own classes and RecordWriter write them. */
const written = [
  'GAAAAAAAAACjf0siCQAAEED8VNlBGg1icmFpbi5FdmVudDoyM40v6Q8AAAAAAAAAbVMrCQkAABBA/FTZQRABOgIIAdFhwrkwAAAAAAAAAJX10F8JAAAQQPxU2UEQASoj',
  'CgsKBGxvc3MVAABAPwoUCg1sZWFybmluZ19yYXRlFRe30TgnOyVgVgAAAAAAAABOLeKyCQAAEED8VNlBEKwCKkgKKQoGY29uZmlnQhUIBxIEEgIIAUILc2VlZDogNDIg',
  'w6lKCAoGCgR0ZXh0ChsKDHZhbGlkYXRpb24vMCILCAEQAhgDIgMBAgPhtdwz',
].join('');

it('checksums are those of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, k) => k))).toBe(0x46dd794e);
});

it('an event file has the bytes that TensorBoard writes, and each opening begins another file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aiprod-events-'));
  try {
    const file = await openEventFile(folder, 1, () => 1_700_000_000.25);
    await file.add(1, [
      { kind: 'scalar', tag: 'loss', value: 0.75 },
      { kind: 'scalar', tag: 'learning_rate', value: 1e-4 },
    ]);
    await file.add(300, [
      { kind: 'text', tag: 'config', text: 'seed: 42 é' },
      { kind: 'image', tag: 'validation/0', width: 2, height: 1, png: Uint8Array.of(1, 2, 3) },
    ]);
    await file.close();
    expect(readFileSync(file.path).toString('base64')).toBe(written);
    await (await openEventFile(folder, 2, () => 1_700_000_000.5)).close();
    expect(readdirSync(folder).sort()[0]).toBe(file.path.slice(folder.length + 1));
    expect(readdirSync(folder)).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
