import { useEffect, useState } from 'react';

/** The monotonic clock in milliseconds, read anew every `interval` milliseconds. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}
