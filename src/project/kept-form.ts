import { z } from 'zod';
import { jobSchema } from '../pipelines/web';
import type { MediaItem } from './media-item';
import type { Project } from './project';

/** What a clip is made from besides words and numbers, as jobs say it. */
const inputsSchema = jobSchema
  .pick({ conditions: true, video: true, strength: true, extend: true, region: true, reference: true })
  .extend(jobSchema.pick({ loras: true, upsampler: true, audio: true }).shape)
  .partial();

const fileSchema = z.object({
  /** As `inputs` and `job` call it. */
  name: z.string().min(1).max(4096),
  fingerprint: z.string().regex(/^(sampled-)?sha256:[0-9a-f]{64}$/),
  bytes: z.int().min(0),
});

const keptFormSchema = z.object({
  model: z.string().optional().catch(undefined),
  /** Text as typed, by the field's name. */
  draft: z.record(z.string(), z.json()).catch({}),
  inputs: inputsSchema.catch({}),
  /** The files of the inputs. */
  files: z.array(fileSchema).max(1000).catch([]),
  /** The job that the form makes as it stands; absent where something is in the way. */
  job: z.record(z.string(), z.json()).optional().catch(undefined),
});

/** The form of the next clip, as a project keeps it (`project.compose`). */
export type KeptForm = z.output<typeof keptFormSchema>;
export type FormFile = KeptForm['files'][number];

/** The form that a project kept. What another version had or lacks, and what is damaged, is left out. */
export function keptForm({ compose }: Pick<Project, 'compose'>): KeptForm {
  return keptFormSchema.parse(compose);
}

/** A file that belongs to a project, by its content. */
export type ProjectFile = Pick<MediaItem, 'name' | 'fingerprint' | 'bytes'>;

/** Every file of a project: its media, and what the next clip is to be made from. */
export function filesOfProject(project: Pick<Project, 'media' | 'compose'>): readonly ProjectFile[] {
  const { media } = project;
  const others = keptForm(project).files.filter(({ fingerprint }) => media.every((item) => item.fingerprint !== fingerprint));
  return [...media, ...others];
}
