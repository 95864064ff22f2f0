/** Why an edit cannot be done: a key of the messages `edits.refused`. */
export type Refusal = 'gone' | 'locked' | 'noRoom' | 'noTrack' | 'notAdjacent' | 'notContinuous' | 'nothingHere' | 'mediaEnds' | 'kind';

/** Thrown by an edit that cannot be done: the sequence stays as it was. */
export class RefusedEdit extends Error {
  readonly reason: Refusal;

  constructor(reason: Refusal) {
    super(`the edit is refused: ${reason}`);
    this.name = 'RefusedEdit';
    this.reason = reason;
  }
}
