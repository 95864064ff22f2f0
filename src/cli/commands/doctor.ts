import { statfs } from 'node:fs/promises';
import { cpus, platform, release, totalmem } from 'node:os';
import type { Command } from 'commander';
import { version } from '../../../package.json';
import { createGpuContext } from '../../gpu';
import { acquireNodeDevice, listNodeAdapters } from '../../gpu/node';
import { availableFormats } from '../../media/node';
import { parseJob, planJob, resolveJob } from '../../pipelines';
import { outputOf, readGlobalOptions, type GlobalOptions } from '../global-options';
import { openModel } from '../model-location';
import { formatBytes } from '../output';
import { addMemoryOptions, doctorMemory, readDoctorOptions } from './doctor-memory';

export function addDoctor(command: Command): void {
  command.description('adapters, features, limits, codecs, disk; what fits; what to install for better').action(() => doctor(command));
  addMemoryOptions(command);
}

/** The model that a bare report plans for. */
const embedded = 'embedded';

async function doctor(command: Command): Promise<void> {
  const globals = readGlobalOptions(command);
  const output = outputOf(globals);
  const options = readDoctorOptions(command);
  if (options.model !== undefined) return doctorMemory(options.model, options, globals, output);
  const adapters = await listNodeAdapters(globals.device);
  const [device, formats, disk] = await Promise.all([deviceReport(globals), availableFormats(), statfs(process.cwd())]);
  const freeBytes = disk.bavail * disk.bsize;
  const report = {
    version,
    node: process.version,
    system: `${platform()} ${release()}`,
    processors: cpus().length,
    memoryBytes: totalmem(),
    freeDiskBytes: freeBytes,
    adapters,
    ...device,
    formats,
    advice: advice(device),
  };
  output.json(report);
  output.line(
    `aiprod ${version}, Node ${process.version}, ${report.system}, ${report.processors} cores, ${formatBytes(report.memoryBytes)} of memory, ${formatBytes(freeBytes)} free disk`,
  );
  for (const adapter of adapters) output.line(`found    ${adapter.name} (${adapter.backend})`);
  output.line(`adapter  ${device.adapter.description}${device.adapter.isSoftware ? ', software: correct but slow' : ''}`);
  output.line(
    `features f16 ${yesNo(device.features.f16)}, subgroups ${yesNo(device.features.subgroups)}, kernel timing ${yesNo(device.features.timestamps)}`,
  );
  for (const [name, value] of Object.entries(device.limits))
    output.line(`limit    ${name} ${/bindingsize|buffersize|storagesize/i.test(name) ? formatBytes(value) : value}`);
  output.line(
    `model    ${embedded}: ${formatBytes(device.forecast.totalBytes)} of GPU memory in ${device.dtype}, ${formatBytes(device.forecast.weightBytes)} of it weights`,
  );
  for (const format of formats) {
    const sound = format.audioCodecs.length > 0 ? `; sound: ${format.audioCodecs.join(', ')}` : '';
    output.line(
      `writes   .${format.format}: ${format.available ? `${format.encoder ?? 'itself'}${format.codecs.length > 0 ? ` (${format.codecs.join(', ')})` : ''}${sound}` : 'not here'}${format.note === undefined ? '' : `; ${format.note}`}`,
    );
  }
  for (const line of report.advice) output.line(`advice   ${line}`);
}

async function deviceReport(globals: GlobalOptions) {
  const gpu = await acquireNodeDevice({ preference: globals.device });
  try {
    const context = createGpuContext(gpu, { deterministic: globals.deterministic });
    const model = await openModel(embedded);
    try {
      const job = resolveJob(parseJob({ prompt: 'a prompt', model: embedded, dtype: globals.dtype }), model.traits);
      const plan = planJob({ model, job, context, previews: false });
      const { adapter, features, limits } = gpu;
      return { adapter, features, limits, dtype: plan.dtype, forecast: plan.forecast };
    } finally {
      await model.close();
    }
  } finally {
    gpu.destroy();
  }
}

function advice(device: Awaited<ReturnType<typeof deviceReport>>): string[] {
  const lines: string[] = [];
  if (device.adapter.isSoftware) {
    lines.push('no GPU is in use: a driver for one (Vulkan, Metal or Direct3D 12) makes this hundreds of times faster');
    if (!device.features.f16)
      lines.push("Mesa's lavapipe (Debian: mesa-vulkan-drivers 25 or newer) is about three times as fast as SwiftShader and has f16");
  }
  return lines;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
