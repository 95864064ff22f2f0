export { CommandKeys } from './CommandKeys';
export { useAvailableCommands, useCommand, useCommandRegistry } from './context';
export type { CommandId } from './declarations';
