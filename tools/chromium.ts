/** The Chromium that tests run in: it comes from npm with every library a bare Linux lacks, so nothing is installed for it. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../src/errors';
import { cacheDirectory, findChromiumPackage } from '../src/gpu/software-adapter';
import { unpackOnce } from '../src/gpu/software-adapter-archive';

/** What Playwright's `chromium.launch` needs. */
export interface ChromiumLaunch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  // WebGPU on SwiftShader, in pages and in workers.
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-angle=swiftshader',
  '--ignore-gpu-blocklist',
];

/**
 * Unpacks Chromium, SwiftShader, NSS and a font into the cache (once a version, about 250 MB) and says how to start it.
 * `AIPROD_CHROMIUM` names another Chromium or Chrome, for machines that the package is not made for.
 */
export async function chromiumLaunch(): Promise<ChromiumLaunch> {
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const own = process.env.AIPROD_CHROMIUM;
  if (own !== undefined) return { executablePath: own, args: flags, env };
  const chromium = findChromiumPackage();
  if (chromium === undefined) {
    throw new AiprodError('missing-feature', 'there is no Chromium for this platform in the npm packages', {
      hint: 'Set AIPROD_CHROMIUM to the path of a Chrome or Chromium',
    });
  }
  const folder = join(cacheDirectory(), `chromium-${chromium.version}`);
  await unpackOnce(folder, [
    { file: join(chromium.bin, 'chromium.br'), as: 'chromium' },
    { archive: join(chromium.bin, 'swiftshader.tar.br') },
    { archive: join(chromium.bin, 'al2023.tar.br') },
    { archive: join(chromium.bin, 'fonts.tar.br') },
  ]);
  env.LD_LIBRARY_PATH = [join(folder, 'lib'), env.LD_LIBRARY_PATH].filter((path) => path !== undefined && path !== '').join(':');
  if (!existsSync('/etc/fonts/fonts.conf')) env.FONTCONFIG_FILE ??= await writeFontConfiguration(folder);
  return { executablePath: join(folder, 'chromium'), args: flags, env };
}

/** A machine without fontconfig draws no text at all: this configuration knows the one font of the package. */
async function writeFontConfiguration(folder: string): Promise<string> {
  const file = join(folder, 'aiprod-fonts.conf');
  const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`;
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, fonts);
  await rename(aside, file);
  return file;
}
