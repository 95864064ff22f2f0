import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import { frameToRgba } from '../media';
import type { Video } from '../models';
import {
  isTensor,
  runGraph,
  type Json,
  type NodeEvent,
  type NodeSpec,
  type NodeStore,
  type NodeValue,
  type OutputCache,
  type Ref,
} from './dag';
import type { ClipGraph, PipelineGraph } from './pipeline-graph';
import { videoKinds } from './video-kinds';
import { decodeSettings, waveformOf, withSinks, type OpenFrameSink } from './nodes/decode';
import type { MediaLibrary } from './nodes/load-media';
import { ref, videoOf } from './nodes/video-value';
import type { WriteTarget } from './nodes/write';
import type { UpsamplerModel } from './opening/open-upsampler';
import { identityOf, type JobPlan } from './plan-job';
import { EtaEstimator, type PipelineStage, type ProgressEvent } from './progress';

export interface RunJobRequest {
  readonly plan: JobPlan;
  readonly media?: MediaLibrary;
  readonly upsampler?: UpsamplerModel;
  /** Keeps what is finished beyond this run, and where denoising stands. */
  readonly store?: NodeStore;
  /** Keeps outputs for other jobs of this process. */
  readonly cache?: OutputCache;
  readonly signal?: AbortSignal;
  /** Denoising stops after so many of its steps, as if it was cancelled; see {@link runJob}. */
  readonly stopAt?: number;
  /** Where the clip and its latents go, by names that `write` knows. */
  readonly targets?: { readonly video?: readonly string[]; readonly latents?: readonly string[] };
  readonly write?: WriteTarget;
  onEvent?(event: ProgressEvent): void;
}

export interface JobResult {
  /** [1, 3, F, H, W], about -1 to 1. */
  readonly video: Video;
  /** Final latents [1, C, F, H, W] in the model's units. */
  readonly latents: Video;
  /** Absent where the model makes no sound. */
  readonly sound?: Waveform;
  /** What was said of each target that was written. */
  readonly reports: ReadonlyMap<string, Json>;
  /** Names of the nodes that ran, and of those whose results were kept. */
  readonly ran: readonly string[];
  readonly kept: readonly string[];
}

const stageOfKind: Readonly<Record<string, PipelineStage>> = {
  'encode-latents': 'load',
  'encode-image': 'load',
  'place-image': 'load',
  'encode-sound': 'load',
  'encode-text': 'text',
  decode: 'decode',
  'decode-to': 'decode',
  'decode-audio': 'decode',
  write: 'write',
};

/**
 * Runs what a plan says: only what is not kept, one node at a time on the GPU.
 * @throws AiprodError `cancelled` when the signal trips, and after the step to stop at
 */
export async function runJob(request: RunJobRequest): Promise<JobResult> {
  const graph = requireClip(request.plan.draw(await identityOf(request.plan, request.upsampler)));
  const { targets = {} } = request;
  const writing = [...writeNodes(targets.video ?? [], graph.video, graph), ...writeNodes(targets.latents ?? [], graph.latents)];
  const { outputOf, ...result } = await runNodes(
    request,
    [...graph.nodes, ...writing],
    [graph.latents, graph.video, ...soundOf(graph), ...reportsOf(writing)],
  );
  const sound = graph.audio === undefined ? undefined : outputOf(graph.audio);
  const waveform = isTensor(sound) ? waveformOf(request.plan.machine, sound, graph.soundRate) : undefined;
  const clip = { video: requireVideo(outputOf(graph.video)), latents: requireVideo(outputOf(graph.latents)), ...result };
  return waveform === undefined ? clip : { ...clip, sound: waveform };
}

export interface StreamJobRequest extends RunJobRequest {
  readonly openSink: OpenFrameSink;
}

/**
 * Runs what a plan says, and gives the targets of the video its frames as they are decoded: no more of them is held than a tile in time.
 * A pipeline that does more to its frames than decode them has them all first.
 */
export async function streamJob(
  request: StreamJobRequest,
): Promise<Omit<JobResult, 'video' | 'sound' | 'latents'> & Partial<Pick<JobResult, 'latents'>>> {
  const graph = request.plan.draw(await identityOf(request.plan, request.upsampler));
  const { targets = {}, openSink } = request;
  if (graph.video === undefined) {
    const writing = writeNodes(targets.video ?? [], graph.audio, graph);
    const { outputOf: _, ...result } = await runNodes(request, [...graph.nodes, ...writing], [graph.audio, ...reportsOf(writing)]);
    return result;
  }
  const streaming = streamNodes(graph, targets.video ?? []);
  const writing = writeNodes(targets.latents ?? [], graph.latents);
  if (streaming === undefined) {
    const whole = writeNodes(targets.video ?? [], graph.video, graph);
    const write: WriteTarget = async (target, value, signal, sound) => {
      if (!(targets.video ?? []).includes(target)) return (await request.write?.(target, value, signal)) ?? null;
      const video = videoOf(value);
      await withSinks(
        [target],
        (name) => openSink(name, video.shape, sound),
        (add) => add({ firstFrame: 0, video }),
      );
      return null;
    };
    const nodes = [...graph.nodes, ...whole, ...writing];
    const { outputOf, ...result } = await runNodes({ ...request, write }, nodes, [
      graph.latents,
      ...reportsOf(whole),
      ...reportsOf(writing),
    ]);
    return { latents: requireVideo(outputOf(graph.latents)), ...result };
  }
  const nodes = [...streaming, ...writing];
  const wanted = [graph.latents, ref(graph.video.node, 'written'), ...reportsOf(writing)];
  const { outputOf, ...result } = await runNodes(request, nodes, wanted);
  return { latents: requireVideo(outputOf(graph.latents)), ...result };
}

/** The graph with its decoder in a form that streams; undefined where someone else reads the whole video, or nobody takes it. */
function streamNodes({ nodes, video, audio, soundRate }: ClipGraph, targets: readonly string[]): NodeSpec[] | undefined {
  const decoder = nodes.find(({ name }) => name === video.node);
  const readers = nodes.filter(({ inputs }) =>
    Object.values(inputs)
      .flat()
      .some(({ node }) => node === video.node),
  );
  if (decoder?.kind !== 'decode' || readers.length > 0 || targets.length === 0) return undefined;
  const own = { ...decodeSettings.parse(decoder.settings), targets: [...targets] };
  const settings = soundRate === undefined ? own : { ...own, soundRate };
  const inputs = audio === undefined ? decoder.inputs : { ...decoder.inputs, audio };
  return nodes.map((node) => (node === decoder ? { ...decoder, kind: 'decode-to', inputs, settings } : node));
}

interface RunNodes extends Pick<JobResult, 'reports' | 'ran' | 'kept'> {
  outputOf(output: Ref): NodeValue | undefined;
}

async function runNodes(
  request: RunJobRequest & Partial<StreamJobRequest>,
  nodes: readonly NodeSpec[],
  targets: readonly Ref[],
): Promise<RunNodes> {
  const { plan, media, write, openSink, store, cache, signal } = request;
  const { onNodeEvent, hooks } = watch(plan, nodes, request);
  const kinds = videoKinds({
    machine: plan.machine,
    hooks,
    ...(media === undefined ? {} : { media }),
    ...(write === undefined ? {} : { write }),
    ...(openSink === undefined ? {} : { openSink }),
  });
  const { outputs, report } = await runGraph({
    graph: nodes,
    kinds,
    targets,
    onEvent: onNodeEvent,
    ...(store === undefined ? {} : { store }),
    ...(cache === undefined ? {} : { cache }),
    ...(signal === undefined ? {} : { signal }),
  });
  const outputOf = ({ node, output }: Ref): NodeValue | undefined => outputs.get(`${node}.${output}`);
  const reports = new Map<string, Json>();
  for (const { name, kind } of nodes) {
    const value = kind === 'write' ? outputOf(ref(name, 'report')) : undefined;
    if (value !== undefined && !isTensor(value)) reports.set(name.slice(writePrefix.length), value);
  }
  return { outputOf, reports, ran: report.ran, kept: report.kept };
}

const reportsOf = (writing: readonly NodeSpec[]): Ref[] => writing.map(({ name }) => ref(name, 'report'));

const writePrefix = 'write ';

/** The sound of a graph among what is wanted of it. */
const soundOf = ({ audio }: ClipGraph): Ref[] => (audio === undefined ? [] : [audio]);

function writeNodes(
  targets: readonly string[],
  value: Ref,
  { audio, soundRate }: Partial<Pick<ClipGraph, 'audio' | 'soundRate'>> = {},
): NodeSpec[] {
  return targets.map((target) => ({
    name: `${writePrefix}${target}`,
    kind: 'write',
    inputs: { value, ...(audio === undefined ? {} : { audio }) },
    settings: { target, ...(soundRate === undefined ? {} : { soundRate }) },
    placement: 'cpu',
  }));
}

/** Places that show clips have no use for sound alone. */
function requireClip(graph: PipelineGraph): ClipGraph {
  if (graph.video !== undefined) return graph;
  throw new AiprodError('bad-usage', 'the pipeline makes sound without a picture, which cannot be shown here', {
    hint: 'Use the command line: aiprod generate --pipeline text-to-audio --out sound.wav',
  });
}

function requireVideo(value: NodeValue | undefined): Video {
  if (isTensor(value)) return videoOf(value);
  throw new AiprodError('internal', 'the pipeline gave no video');
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

type Hooks = Parameters<typeof videoKinds>[0]['hooks'];

/** Turns what nodes tell into progress of the job: all denoising counts as one stage. */
function watch(
  { work }: JobPlan,
  nodes: readonly NodeSpec[],
  { onEvent, stopAt = Infinity }: Pick<RunJobRequest, 'onEvent' | 'stopAt'>,
): { onNodeEvent(event: NodeEvent): void; hooks: Hooks } {
  const kindOf = new Map(nodes.map(({ name, kind }) => [name, kind]));
  const total = work.steps.reduce((sum, { steps }) => sum + steps, 0);
  const denoising = sumOf(work.steps.map(({ flops }) => sumOf(flops)));
  const eta = new EtaEstimator(denoising + work.decode);
  const done = new Map<string, number>();
  const stepsDone = (): number => [...done.values()].reduce((sum, steps) => sum + steps, 0);
  const flopsOf = (node: string, from: number, to: number): number =>
    sumOf(work.steps.find((own) => own.node === node)?.flops.slice(from, to) ?? []);
  const etaSeconds = (): { etaSeconds?: number } => {
    const seconds = eta.secondsLeft();
    return seconds === undefined ? {} : { etaSeconds: seconds };
  };
  return {
    onNodeEvent(event) {
      const kind = kindOf.get(event.node) ?? '';
      const own = work.steps.find(({ node }) => node === event.node);
      if (event.kind === 'kept' && own !== undefined) {
        done.set(own.node, own.steps);
        eta.skip(sumOf(own.flops));
      }
      if (event.kind === 'damaged') onEvent?.({ kind: 'notice', message: `${event.node} is made again: ${event.reason}` });
      const stage = stageOfKind[kind];
      if (event.kind !== 'progress' || stage === undefined) return;
      const { node, step, steps } = event;
      const last = step === steps && (stage === 'decode' || stage === 'write');
      onEvent?.({ kind: 'progress', stage, node, step, steps, ...(last ? { etaSeconds: 0 } : {}) });
    },
    hooks: {
      onStep(node, { state }) {
        const before = done.get(node);
        if (before === undefined) {
          eta.skip(flopsOf(node, 0, state.step));
          eta.start();
        } else eta.advance(flopsOf(node, before, state.step));
        done.set(node, state.step);
        const share = denoising === 0 ? 0 : sumOf([...done].map(([own, steps]) => flopsOf(own, 0, steps))) / denoising;
        onEvent?.({ kind: 'progress', stage: 'denoise', node, step: stepsDone(), steps: total, share, ...etaSeconds() });
      },
      stops: () => stepsDone() >= stopAt && stepsDone() < total,
      ...(onEvent === undefined
        ? {}
        : {
            onPreview(_: string, __: number, { shape, data }: Video) {
              const [, , frames, height, width] = shape;
              const pixels = new Uint8ClampedArray(frameToRgba(data, { layout: 'CFHW', frames, height, width }, 0));
              onEvent({ kind: 'preview', step: stepsDone(), width, height, pixels });
            },
          }),
    },
  };
}
