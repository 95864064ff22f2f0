/** What exists only in a browser: unfinished runs in the origin's private file system. */
export { opfsRunStates } from './opfs-run-states';
