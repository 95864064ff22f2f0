/** The frame rate of a track. */
import { MP4, QTFF, type InputVideoTrack } from 'mediabunny';
import { frameRateOfEstimate, isFrameRate, MAX_FRAMES_PER_SECOND, reduced } from './frame-rate';
import type { FrameRate } from './types';

/**
 * The rate of a track whose frames are shown at `times`. MP4 and MOV count the time of every frame in ticks of a timescale that they state
 * (ISO/IEC 14496-12, `stts` and `mdhd`): where all frames are as many ticks apart, that is the rate, exactly. Elsewhere, and where frames are
 * not even, it is estimated.
 *
 * The demuxer only estimates: it takes a tick for the uncertainty of a file, and a usual rate before any other. Our own files of 16 frames a
 * second count in sixteenths, and a short one of them is then said to have 15.
 *
 * @param times seconds of all frames, in the order in which they are shown
 * @returns null where nothing tells a rate
 */
export async function rateOfTrack(track: InputVideoTrack, times: readonly number[]): Promise<FrameRate | null> {
  const format = await track.input.getFormat();
  const exact = format === MP4 || format === QTFF ? evenTicks(times, await track.getTimeResolution()) : undefined;
  if (exact !== undefined) return exact;
  const { bestGuessFrameRate } = await track.computeFrameRateMetrics();
  return bestGuessFrameRate > 0 && bestGuessFrameRate <= MAX_FRAMES_PER_SECOND ? frameRateOfEstimate(bestGuessFrameRate) : null;
}

/** The rate of frames that are all as many ticks apart; undefined where they are not, or too few to tell. */
function evenTicks(times: readonly number[], ticksPerSecond: number): FrameRate | undefined {
  if (times.length < 2 || !Number.isInteger(ticksPerSecond)) return undefined;
  const [first] = times;
  const period = Math.round((times[1] - first) * ticksPerSecond);
  // An edit list moves all frames alike, by a time that need not be whole ticks.
  const isEven = times.every((time, k) => Math.round((time - first) * ticksPerSecond) === k * period);
  if (!isEven || period === 0) return undefined;
  const rate = reduced(ticksPerSecond, period);
  return isFrameRate(rate) ? rate : undefined;
}
