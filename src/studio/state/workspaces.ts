/** The parts of the studio, each a view of its own. */
export const workspaces = ['create', 'edit', 'compare', 'train'] as const;
export type Workspace = (typeof workspaces)[number];
