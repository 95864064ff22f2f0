import { useCallback, useState } from 'react';
import { z } from 'zod';

const volumeSchema = z.object({ level: z.number().min(0).max(1), muted: z.boolean() });
export type Volume = z.output<typeof volumeSchema>;

const key = 'aiprod-volume';
const first: Volume = { level: 0.8, muted: false };

function storedVolume(): Volume {
  try {
    const parsed = volumeSchema.safeParse(JSON.parse(localStorage.getItem(key) ?? 'null'));
    return parsed.success ? parsed.data : first;
  } catch {
    return first;
  }
}

/** How loud clips are played, kept over visits. */
export function useVolume(): readonly [Volume, (volume: Volume) => void] {
  const [volume, setVolume] = useState<Volume>(storedVolume);
  const choose = useCallback((next: Volume) => {
    setVolume(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // A browser that keeps nothing still plays as loud as it was told until the tab closes.
    }
  }, []);
  return [volume, choose];
}
