/** The card of a model that the chain made: what it is, how it was made, how well it does. */
import { join } from 'node:path';
import { version } from '../../../package.json';
import { writeWhole } from '../../../src/pipelines/node';
import { compressionRatios } from '../../../src/models';
import { scoredParts, type Score } from '../scoring/score';
import { backgrounds } from '../world/backgrounds';
import { worldVocabulary } from '../world/captions';
import { motions } from '../world/motions';
import { colors } from '../world/palette';
import { shapes } from '../world/shapes';
import { latentGrid, type ChainPlan, type TrainingPlan } from './plan';
import { weightsPath } from './stage';
import { readWeights, type Weights } from './tensor-files';
import { jointScopes } from './transformer-stage';

/** What was measured of the model; absent where nothing was asked for. */
export interface CardScores {
  readonly prompts: number;
  readonly samples: Score;
  readonly reconstructions: { readonly score: Score; /** Decibels. */ readonly psnr: number };
}

const millions = (count: number): string => `${(count / 1e6).toFixed(2)} M`;

function countOf(weights: Weights, scope = ''): number {
  return [...weights].reduce((sum, [name, { data }]) => (name.startsWith(scope) ? sum + data.length : sum), 0);
}

function stepsOf({ steps, rate, averageDecay }: TrainingPlan, batches: string): string {
  return `${steps} steps of ${batches} clips, rate ${rate}, weights averaged (${averageDecay})`;
}

const figures = [...scoredParts, 'all'] as const;

/** Shares as the scorer has them, to three places; nothing where no prompt has that part. */
function scoreRow(name: string, score: Score): string {
  return `| ${name} | ${figures.map((figure) => score[figure]?.toFixed(3) ?? '').join(' | ')} |`;
}

/**
 * Writes `README.md` into the model's folder.
 * @param work the chain's folder, whose stages are done
 */
export async function writeModelCard(plan: ChainPlan, work: string, folder: string, seed: number, scores?: CardScores): Promise<void> {
  const vae = await readWeights(weightsPath(work, 'vae'));
  const joint = await readWeights(weightsPath(work, 'transformer'));
  const { spatial, temporal } = compressionRatios(plan.vae.config);
  const { clip, frameRate, sampling, transformer, vaeTraining, transformerTraining } = plan;
  const [frames, rows, columns] = latentGrid(plan);
  const { num_layers: layers, num_attention_heads: heads, attention_head_dim: width } = transformer.config;
  const lines = [
    ...['---', 'license: apache-2.0', 'pipeline_tag: text-to-video', '---', '', '# The embedded model of AIPROD Studio', ''],
    'A very small text-to-video model for a toy world of moving shapes. Weights under Apache-2.0, trained from nothing by this project on clips that it',
    'renders itself: no other data and no pretrained weights were used.',
    '',
    '| | |',
    '| --- | --- |',
    `| clip | ${clip.size} x ${clip.size} pixels, ${clip.frames} frames, ${frameRate} a second |`,
    `| world | ${shapes.length} shapes, ${colors.length} colours, ${motions.length} motions, ${backgrounds.length} backgrounds; captions of ${worldVocabulary().length} words, ${plan.textLength} tokens at most |`,
    `| transformer | \`LTXVideoTransformer3DModel\`, ${layers} layers of ${heads * width}, ${heads} heads, ${frames * rows * columns} tokens, ${millions(countOf(joint, `${jointScopes.transformer}.`))} parameters |`,
    `| text | \`T5EncoderModel\`, trained together with the transformer, ${millions(countOf(joint, `${jointScopes.text}.`))} parameters |`,
    `| autoencoder | \`AutoencoderKLLTXVideo\`, ${spatial} x ${spatial} x ${temporal} compression to ${plan.vae.config.latent_channels} channels, ${millions(countOf(vae))} parameters |`,
    `| settings | ${sampling.steps} steps, guidance ${sampling.guidance}, shift ${sampling.shift}; the key \`_aiprod\` of \`model_index.json\` |`,
    '',
    '## Training',
    '',
    `Made by \`npm run train:embedded\` of version ${version}, seed ${seed}:`,
    '',
    `- autoencoder: ${stepsOf(vaeTraining, vaeTraining.phases.map(({ batch }) => batch).join(', then '))}`,
    `- latents of ${plan.latentClips} scenes`,
    `- transformer and text encoder: ${stepsOf(transformerTraining, String(transformerTraining.batch))}`,
    '',
    'A tenth of all triples of colour, shape and motion is never shown in training; `heldout-prompts.json` are of these.',
    '',
    '## Scores',
    '',
    ...(scores === undefined ? ['None were measured.'] : scoreTable(scores)),
    '',
    '## Limits',
    '',
    'It knows the words of its captions and no others, and this one size and length.',
    '',
  ];
  await writeWhole(join(folder, 'README.md'), new TextEncoder().encode(lines.join('\n')));
}

/** What was measured, as lines of Markdown. */
export function scoreTable({ prompts, samples, reconstructions }: CardScores): string[] {
  return [
    `Shares of ${prompts} held-out prompts whose clips show what they say, read back from the pixels (seed k for clip k); below, what the autoencoder makes of`,
    `true renders (${reconstructions.psnr.toFixed(1)} dB), which no model can do better than.`,
    '',
    `| | ${figures.join(' | ')} |`,
    `| --- | ${figures.map(() => '---').join(' | ')} |`,
    scoreRow('made from prompts', samples),
    scoreRow('reconstructed', reconstructions.score),
  ];
}
