const key = 'aiprod-tour';

/** Whether this browser was shown the tour, or told not to. */
export function tourTaken(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    // Where nothing is kept, a tour that is offered at every visit would only be in the way.
    return true;
  }
}

export function rememberTour(): void {
  try {
    localStorage.setItem(key, 'taken');
  } catch {
    // It is offered no more until the tab closes.
  }
}
