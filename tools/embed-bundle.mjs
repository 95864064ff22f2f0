/**
 * Bundles the embeddable studio into `dist/embed`: `index.js` (a React component) and `core.js` (without React), which leave React to the
 * host and hold everything else; `element.js`, which holds React too; `worker.js` and `editor-worker.js`; `style.css`; types.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

const react = ['react', 'react-dom', 'react-dom/client', 'react/jsx-runtime'];

/** Functions that do nothing but make what they return: a schema, an operation, a node that nothing uses need not be there. */
const pureFunctions = [
  'z',
  'defineOperation',
  'nodeKind',
  'unary',
  'binary',
  'blockCodec',
  'flatBlocks',
  'oneOf',
  'singleEvaluation',
  'fround',
];

/** Scripts of the workers by the name that stands for their address in the source. */
const workerScripts = { __AIPROD_GENERATOR_URL__: './worker.js', __AIPROD_EDITOR_URL__: './editor-worker.js' };

/**
 * Writes the addresses of the workers as the literal that bundlers look for. Only now, when nothing looks at it any more: before, our own
 * bundler would have taken each worker into the bundle a second time.
 */
const literalWorkerUrls = {
  name: 'literal-worker-urls',
  renderChunk(code) {
    let written = code;
    for (const [name, path] of Object.entries(workerScripts)) written = written.replaceAll(name, `new URL("${path}", import.meta.url)`);
    return written === code ? null : { code: written, map: null };
  },
};

/**
 * Addresses of files beside a script as bundlers of hosts look for them: with `./`, which some take others for packages without, and not once
 * more within another address, which some give a base that is no address of the web.
 */
const relativeUrls = {
  name: 'relative-urls',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') {
        if (!/^assets\/worker-[\w-]+\.js$/.test(chunk.fileName)) continue;
        // The converter's worker imports its core from wherever the host serves it: no module of any bundler.
        const asIs = String(chunk.source).replace(
          /import\(\s*(?:\/\*[^*]*\*\/\s*)?(\w+)\)/g,
          'import(/* webpackIgnore: true */ /* @vite-ignore */ $1)',
        );
        if (asIs === chunk.source) throw new Error(`${chunk.fileName} imports its core in another way than was known`);
        chunk.source = asIs;
        continue;
      }
      chunk.code = chunk.code
        // The converter's class takes a worker of another address too, which it is never given, and which bundlers of hosts would look for.
        .replace(/\w+\?new Worker\(new URL\(\w+,\s*import\.meta\.url\),\{type:`module`\}\):/g, '')
        .replace(/new URL\(`(assets\/worker-[\w-]+\.js)`,\s*import\.meta\.url\)/g, 'new URL(`./$1`,import.meta.url)')
        .replace(/new URL\(`([\w-]+\.(?:wasm|woff2))`,\s*import\.meta\.url\)/g, 'new URL(`./$1`,import.meta.url)')
        .replace(/new URL\((new URL\(`[^`]+`,import\.meta\.url\))\.href,``\+import\.meta\.url\)/g, '$1');
      if (/new Worker\(new URL\(\w+,/.test(chunk.code))
        throw new Error(`${chunk.fileName} starts a worker of an address that bundlers do not see`);
    }
  },
};

/**
 * Parts that are loaded later bring no stylesheet and no list of scripts to fetch beforehand: what would see to both, a thousand bytes of
 * every entry, does nothing but load the part.
 */
const plainImports = {
  name: 'plain-imports',
  enforce: 'pre',
  load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null),
};

/** Bundles everything into `folder`, made aside and put in place whole. */
export async function bundleEmbed(root, folder) {
  const { build, esmExternalRequirePlugin } = await import('vite');
  const { default: pluginReact } = await import('@vitejs/plugin-react');
  const aside = `${folder}.partial`;
  await rm(aside, { recursive: true, force: true });
  const source = (name) => join(root, 'src', 'embed', name);
  const bundle = (input, { external = [], moduleSideEffects = true, banner = '' } = {}) =>
    build({
      ...{ root, base: './', configFile: false, logLevel: 'warn', publicDir: false },
      mode: 'production',
      define: { 'process.env.NODE_ENV': '"production"' },
      // CommonJS that is bundled requires what the host has: as an import, for no bundler follows such a call in a module.
      plugins: [plainImports, esmExternalRequirePlugin({ external }), pluginReact(), literalWorkerUrls, relativeUrls],
      worker: { format: 'es' },
      build: {
        ...{ outDir: aside, emptyOutDir: false, target: 'es2023', sourcemap: false, minify: true },
        ...{ cssCodeSplit: false, assetsInlineLimit: 0, modulePreload: false, copyPublicDir: false },
        rolldownOptions: {
          ...{ input, preserveEntrySignatures: 'strict' },
          treeshake: { moduleSideEffects, manualPureFunctions: moduleSideEffects === true ? [] : pureFunctions },
          // All beside each other: a worker's address is relative to the chunk that names it.
          output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', assetFileNames: '[name][extname]', banner },
        },
      },
    });
  // What a module does besides exporting is of use in workers and stylesheets only.
  const moduleSideEffects = (id) => /\.css$|\/embed\/element\.ts$/.test(id) || !id.startsWith(root) || id.includes('node_modules');
  // Apart, for a part that two entries share would hold all that either needs.
  await bundle({ core: source('core.ts') }, { moduleSideEffects });
  // Whatever renders on a server too is told that this part belongs to the browser.
  const ofTheBrowser = ({ name }) => (name === 'index' ? '"use client";' : '');
  await bundle({ index: source('index.ts') }, { external: react, moduleSideEffects, banner: ofTheBrowser });
  const styles = (await readdir(aside)).filter((name) => name.endsWith('.css'));
  if (styles.length !== 1) throw new Error(`the embed has one stylesheet, not ${styles.join(', ') || 'none'}`);
  await rename(join(aside, styles[0]), join(aside, 'style.css.kept'));
  await bundle({ element: source('element.ts') }, { moduleSideEffects });
  await rm(join(aside, styles[0]), { force: true });
  // The order of the layers before any part that has only one of them.
  const sheet = await readFile(join(aside, 'style.css.kept'), 'utf8');
  await writeFile(join(aside, 'style.css'), `@layer aiprod.tokens,aiprod.base,aiprod.components;${sheet}`);
  await rm(join(aside, 'style.css.kept'));
  // 14 MB that only ONNX encoders need: taken from the host's node_modules.
  await bundle(
    { worker: join(root, 'workers', 'generator.ts'), 'editor-worker': join(root, 'workers', 'editor.ts') },
    { external: [/^onnxruntime-web/] },
  );
  await writeTypes(root, aside);
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await rename(aside, folder);
}

/** Declarations of the entries and of what they mention, with the endings that Node's resolution asks for. */
async function writeTypes(root, folder) {
  const emitted = join(folder, 'emitted');
  const entries = ['index', 'core', 'element'];
  const project = join(folder, 'tsconfig.json');
  await writeFile(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false, skipLibCheck: true },
        // They are checked with everything else, by the typecheck step.
        noCheck: true,
        ...{
          rootDir: root,
          outDir: emitted,
          types: ['vite/client', '@webgpu/types', 'node'],
          typeRoots: [join(root, 'node_modules', '@types'), join(root, 'node_modules')],
        },
      },
      include: [join(root, 'src', '**', '*.d.ts')],
      files: entries.map((name) => join(root, 'src', 'embed', `${name}.ts`)),
    }),
  );
  await run(root, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project]);
  const wanted = entries.map((name) => join(emitted, 'src', 'embed', `${name}.d.ts`));
  const seen = new Set(wanted);
  const all = new Set((await readdir(emitted, { recursive: true })).map((name) => join(emitted, name)));
  for (const file of wanted) {
    const text = await readFile(file, 'utf8');
    // Styles are imported apart from types.
    const written = text
      .replace(/^import ['"][^'"]+\.css['"];\n/gm, '')
      .replace(/(from |import\(|import )(['"])(\.[^'"]+)\2/g, (whole, before, quote, specifier) => {
        const target = join(dirname(file), specifier);
        const found = [`${target}.d.ts`, join(target, 'index.d.ts')].find((path) => all.has(path));
        if (found === undefined) return whole;
        if (!seen.has(found)) wanted.push(found);
        seen.add(found);
        const path = relative(dirname(file), found)
          .split(sep)
          .join('/')
          .replace(/\.d\.ts$/, '.js');
        return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
      });
    const place = join(folder, 'types', relative(emitted, file));
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, written);
  }
  await rm(emitted, { recursive: true });
  await rm(project);
}

function run(cwd, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}`))));
  });
}
