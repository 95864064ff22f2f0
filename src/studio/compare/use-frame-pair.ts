import { useEffect, useRef } from 'react';
import { useStudioStore } from '../state/context';
import { problemOf, type Problem } from '../state/problem';
import { lockedFrame, type ComparedVideo } from './frame-lock';

export interface FramePairOptions {
  readonly left: ComparedVideo;
  readonly right: ComparedVideo;
  /** Of the left video. */
  readonly frame: number;
  /** Both are closed when it returns. Must stay the same function while the same is to be drawn. */
  readonly onPair: (left: VideoFrame, right: VideoFrame) => void;
  readonly onProblem: (problem: Problem) => void;
}

/** Asks for the frames of both videos whenever anything changes, and gives them together; those that come too late are left out. */
export function useFramePair({ left, right, frame, onPair, onProblem }: FramePairOptions): void {
  const store = useStudioStore();
  const before = useRef(0);
  useEffect(() => {
    let stale = false;
    const editor = store.getState().editor();
    const direction = frame < before.current ? -1 : 1;
    before.current = frame;
    const asked = [editor.frameOf(left.id, frame, direction)];
    // A file beside itself is decoded once.
    if (left.id !== right.id) asked.push(editor.frameOf(right.id, lockedFrame(frame, left.rate, right), direction));
    Promise.all(asked).then(
      (frames) => {
        const [a, b = a] = frames;
        if (!stale && a !== undefined && b !== undefined) onPair(a, b);
        for (const each of frames) each?.close();
      },
      (error: unknown) => {
        if (!stale) onProblem(problemOf(error));
      },
    );
    return () => {
      stale = true;
    };
  }, [store, left, right, frame, onPair, onProblem]);
}
