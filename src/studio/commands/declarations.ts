import type { Key } from './keys';

/** Where a command works: everywhere, or in one workspace. Two commands may share a key only in different workspaces. */
export type CommandScope = 'studio' | 'create' | 'edit';

export interface CommandDeclaration {
  /** Heading under which the map of keys shows it. */
  readonly group: 'general' | 'view' | 'generate' | 'playback' | 'timeline';
  readonly scope: CommandScope;
  /** As declared; a person may choose others. */
  readonly keys: readonly Key[];
  /** Works while typing in a field too. */
  readonly inFields?: boolean;
}

/**
 * Every command of the studio. Its title stands in `messages/<locale>/commands.json` by the same id; what it does is given by the
 * component that can do it, while it is mounted (`useCommand`).
 */
export const declarations = {
  'studio.palette': { group: 'general', scope: 'studio', keys: ['mod+k'], inFields: true },
  'studio.keys': { group: 'general', scope: 'studio', keys: ['?'] },
  'studio.tour': { group: 'general', scope: 'studio', keys: [] },
  'studio.undo': { group: 'general', scope: 'studio', keys: ['mod+z'] },
  'studio.redo': { group: 'general', scope: 'studio', keys: ['mod+shift+z', 'mod+y'] },
  'view.create': { group: 'view', scope: 'studio', keys: ['1'] },
  'view.edit': { group: 'view', scope: 'studio', keys: ['2'] },
  'view.compare': { group: 'view', scope: 'studio', keys: ['3'] },
  'view.train': { group: 'view', scope: 'studio', keys: ['4'] },
  'view.themeSystem': { group: 'view', scope: 'studio', keys: [] },
  'view.themeLight': { group: 'view', scope: 'studio', keys: [] },
  'view.themeDark': { group: 'view', scope: 'studio', keys: [] },
  'generate.start': { group: 'generate', scope: 'create', keys: ['mod+Enter'], inFields: true },
  'generate.stop': { group: 'generate', scope: 'studio', keys: [] },
  'generate.resume': { group: 'generate', scope: 'studio', keys: [] },
  'generate.resetSettings': { group: 'generate', scope: 'create', keys: [] },
  'generate.models': { group: 'generate', scope: 'create', keys: [] },
  'playback.toggle': { group: 'playback', scope: 'studio', keys: ['Space'] },
  'playback.back': { group: 'playback', scope: 'studio', keys: ['ArrowLeft'] },
  'playback.forward': { group: 'playback', scope: 'studio', keys: ['ArrowRight'] },
  'playback.first': { group: 'playback', scope: 'studio', keys: ['Home'] },
  'playback.last': { group: 'playback', scope: 'studio', keys: ['End'] },
  'playback.mute': { group: 'playback', scope: 'create', keys: ['m'] },
  'playback.silence': { group: 'playback', scope: 'edit', keys: ['shift+m'] },
  'playback.farBack': { group: 'playback', scope: 'edit', keys: ['shift+ArrowLeft'] },
  'playback.farForward': { group: 'playback', scope: 'edit', keys: ['shift+ArrowRight'] },
  'playback.shuttleBack': { group: 'playback', scope: 'edit', keys: ['j'] },
  'playback.stop': { group: 'playback', scope: 'edit', keys: ['k'] },
  'playback.shuttleOn': { group: 'playback', scope: 'edit', keys: ['l'] },
  'playback.markIn': { group: 'playback', scope: 'edit', keys: ['i'] },
  'playback.markOut': { group: 'playback', scope: 'edit', keys: ['o'] },
  'playback.clearRange': { group: 'playback', scope: 'edit', keys: ['x'] },
  'playback.loop': { group: 'playback', scope: 'edit', keys: ['r'] },
  'playback.fullScreen': { group: 'playback', scope: 'edit', keys: ['f'] },
  'timeline.split': { group: 'timeline', scope: 'edit', keys: ['s'] },
  'timeline.remove': { group: 'timeline', scope: 'edit', keys: ['Delete', 'Backspace'] },
  'timeline.rippleRemove': { group: 'timeline', scope: 'edit', keys: ['shift+Delete', 'shift+Backspace'] },
  'timeline.cut': { group: 'timeline', scope: 'edit', keys: ['mod+x'] },
  'timeline.copy': { group: 'timeline', scope: 'edit', keys: ['mod+c'] },
  'timeline.paste': { group: 'timeline', scope: 'edit', keys: ['mod+v'] },
  'timeline.copyEffects': { group: 'timeline', scope: 'edit', keys: ['mod+alt+c'] },
  'timeline.pasteEffects': { group: 'timeline', scope: 'edit', keys: ['mod+alt+v'] },
  'timeline.duplicate': { group: 'timeline', scope: 'edit', keys: ['mod+d'] },
  'timeline.selectAll': { group: 'timeline', scope: 'edit', keys: ['mod+a'] },
  'timeline.deselect': { group: 'timeline', scope: 'edit', keys: ['Escape'] },
  'timeline.earlier': { group: 'timeline', scope: 'edit', keys: ['alt+ArrowLeft'] },
  'timeline.later': { group: 'timeline', scope: 'edit', keys: ['alt+ArrowRight'] },
  'timeline.earlier10': { group: 'timeline', scope: 'edit', keys: ['alt+shift+ArrowLeft'] },
  'timeline.later10': { group: 'timeline', scope: 'edit', keys: ['alt+shift+ArrowRight'] },
  'timeline.trackUp': { group: 'timeline', scope: 'edit', keys: ['alt+ArrowUp'] },
  'timeline.trackDown': { group: 'timeline', scope: 'edit', keys: ['alt+ArrowDown'] },
  'timeline.startToPlayhead': { group: 'timeline', scope: 'edit', keys: ['q'] },
  'timeline.endToPlayhead': { group: 'timeline', scope: 'edit', keys: ['w'] },
  'timeline.startEarlier': { group: 'timeline', scope: 'edit', keys: ['mod+alt+ArrowLeft'] },
  'timeline.startLater': { group: 'timeline', scope: 'edit', keys: ['mod+alt+ArrowRight'] },
  'timeline.startEarlier10': { group: 'timeline', scope: 'edit', keys: ['mod+alt+shift+ArrowLeft'] },
  'timeline.startLater10': { group: 'timeline', scope: 'edit', keys: ['mod+alt+shift+ArrowRight'] },
  'timeline.endEarlier': { group: 'timeline', scope: 'edit', keys: ['mod+ArrowLeft'] },
  'timeline.endLater': { group: 'timeline', scope: 'edit', keys: ['mod+ArrowRight'] },
  'timeline.endEarlier10': { group: 'timeline', scope: 'edit', keys: ['mod+shift+ArrowLeft'] },
  'timeline.endLater10': { group: 'timeline', scope: 'edit', keys: ['mod+shift+ArrowRight'] },
  'timeline.marker': { group: 'timeline', scope: 'edit', keys: ['m'] },
  'timeline.nextMarker': { group: 'timeline', scope: 'edit', keys: ['.'] },
  'timeline.previousMarker': { group: 'timeline', scope: 'edit', keys: [','] },
  'timeline.ripple': { group: 'timeline', scope: 'edit', keys: ['b'] },
  'timeline.snapping': { group: 'timeline', scope: 'edit', keys: ['n'] },
  'timeline.toolMove': { group: 'timeline', scope: 'edit', keys: ['v'] },
  'timeline.toolSlip': { group: 'timeline', scope: 'edit', keys: ['y'] },
  'timeline.toolSlide': { group: 'timeline', scope: 'edit', keys: ['u'] },
  'timeline.toolRoll': { group: 'timeline', scope: 'edit', keys: ['t'] },
  'timeline.zoomIn': { group: 'timeline', scope: 'edit', keys: ['+', '='] },
  'timeline.zoomOut': { group: 'timeline', scope: 'edit', keys: ['-'] },
  'timeline.fit': { group: 'timeline', scope: 'edit', keys: ['0'] },
  'timeline.form': { group: 'timeline', scope: 'edit', keys: [] },
} as const satisfies Record<string, CommandDeclaration>;

export type CommandId = keyof typeof declarations;

/** In the order in which they are shown. */
export const commandIds: readonly CommandId[] = Object.keys(declarations).filter(isCommandId);

export function isCommandId(text: string): text is CommandId {
  return Object.hasOwn(declarations, text);
}

export function declarationOf(id: CommandId): CommandDeclaration {
  return declarations[id];
}
