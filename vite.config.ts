import react from '@vitejs/plugin-react';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import { converterCore } from './tools/converter-core.ts';

/**
 * Either of these isolates the page (SharedArrayBuffer, precise timers); the policy also does where the studio is a
 * cross-origin frame of a plain host.
 */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Document-Isolation-Policy': 'isolate-and-require-corp',
};

/** Largest file that is precached: the embedded model's weights are at most 24 MB. */
const largestPrecachedFile = 32 * 1024 * 1024;

export default defineConfig({
  // Relative addresses: the built studio works at any path of any host.
  base: './',
  plugins: process.env.VITEST
    ? []
    : [
        react(),
        converterCore(import.meta.dirname),
        VitePWA({
          strategies: 'injectManifest',
          srcDir: 'src/studio',
          filename: 'service-worker.ts',
          // The studio registers the worker itself, so that it never reloads in the middle of a job.
          injectRegister: false,
          manifest: false,
          injectManifest: {
            // Kernels are inside the scripts; weights other than the embedded model's are never precached.
            globPatterns: ['**/*.{js,css,html,wasm,woff2,svg,png,webmanifest,json}', 'models/embedded/**/*'],
            // Only pages that open an ONNX model load its runtime, 13 MB; only those that convert a file its converter, 32 MB. Of the fonts of
            // titles those of Latin letters are there from the beginning; the others, 13 MB, are kept when a title first shows them.
            globIgnores: [
              '**/ort-wasm*',
              'converter/**',
              '**/noto-{sans,emoji}-*.woff2',
              '**/*-{latin-ext,cyrillic,cyrillic-ext,greek,vietnamese,symbols2}-wght-*.woff2',
            ],
            maximumFileSizeToCacheInBytes: largestPrecachedFile,
            rollupFormat: 'iife',
          },
        }),
      ],
  worker: { format: 'es' },
  build: { outDir: 'dist/studio', target: 'es2023', sourcemap: true },
  server: { host: '127.0.0.1', headers: isolation },
  preview: { host: '127.0.0.1', headers: isolation },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{src,kernels,workers,tools,bin}/**/*.test.{ts,tsx,mjs}'],
          exclude: ['**/*.gpu.test.ts'],
          // Each module is evaluated once for all files of a worker: for most files that is dearer than their tests.
          isolate: false,
          // Patience for a processor that other checks share.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'gpu',
          environment: 'node',
          include: ['{src,kernels,workers,tools}/**/*.gpu.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          // One process for all files: they share the device and its compiled pipelines.
          isolate: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
