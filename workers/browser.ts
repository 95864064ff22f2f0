/** Starts workers that are built with the page itself; whoever has built them otherwise starts them and connects by `index.ts`. */
import { connectEditor, type EditorConnection } from './editor-connection';
import { connectGenerator, type GeneratorConnection } from './generator-connection';

/** The worker that owns the GPU. */
export const startGenerator = (): GeneratorConnection =>
  connectGenerator(new Worker(new URL('./generator.ts', import.meta.url), { type: 'module', name: 'aiprod-generator' }));

/** The worker that decodes and draws. */
export const startEditor = (): EditorConnection =>
  connectEditor(new Worker(new URL('./editor.ts', import.meta.url), { type: 'module', name: 'aiprod-editor' }));
