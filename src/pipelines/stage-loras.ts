import { lowRankNames } from '../graph';
import type { LiveLoras } from '../weights';
import type { Stage } from './video-machine';

/** A LoRA in use, by what it is recognised. */
export interface UsedLora {
  readonly name: string;
  readonly fingerprint: string;
  /** How much of it is added in a first or only pass, and in one that refines. */
  readonly scale: number;
  readonly refineScale: number;
  readonly mode: 'live' | 'fused';
}

/** LoRAs beside a part's layers: for the graph (`addLowRankBranches`), and the scales as its inputs. */
export type PartLoras = Pick<LiveLoras, 'adapters' | 'inputs'>;

export const noLoras: PartLoras = { adapters: [], inputs: {} };

/** The LoRAs that act in a stage, with their scales there; those that do not are left out of the graph. */
export function lorasOfStage({ adapters }: PartLoras, loras: readonly UsedLora[], stage: Stage = 1): PartLoras {
  const live = loras.filter(({ mode }) => mode === 'live');
  const scaled = adapters.flatMap((adapter) => {
    // Adapters are named by the place of their LoRA.
    const { scale, refineScale } = live[Number(adapter.name)];
    const own = stage === 1 ? scale : refineScale;
    return own === 0 ? [] : [{ adapter, own }];
  });
  return {
    adapters: scaled.map(({ adapter }) => adapter),
    inputs: Object.fromEntries(scaled.map(({ adapter, own }) => [lowRankNames.scale(adapter.name), Float32Array.of(own)])),
  };
}
