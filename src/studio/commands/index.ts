export { CommandKeys } from './CommandKeys';
export { useAvailableCommands, useCommand, useCommandRegistry, useTransport } from './context';
export type { CommandId } from './declarations';
export type { Transport } from './registry';
