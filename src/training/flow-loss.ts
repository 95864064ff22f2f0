import { add, multiply, removeDeadCode, sum, Tracer, type Graph, type Tensor } from '../graph';
import { meanSquaredError } from './losses';
import { trainingNames } from './training-graphs';

/** A stream of tokens whose velocity is learned, of the picture or of the sound. */
export interface LearnedStream {
  /** The model's output, [B, N, D] f32. */
  readonly output: string;
  /** Whether an input says by how much the error of each token counts, [B, N, 1]. */
  readonly weighted: boolean;
}

/** The inputs that a stream's error is taken from: those of the sound have `audio_` before them, as its output has. */
export function streamInputs(output: string): { readonly target: string; readonly lossWeight: string } {
  const prefix = output.startsWith('audio_') ? 'audio_' : '';
  return { target: `${prefix}${trainingNames.target}`, lossWeight: `${prefix}${trainingNames.lossWeight}` };
}

/** Output of {@link withFlowLoss}. */
export const flowLossName = 'flow_loss';

/**
 * A model's graph with the loss of flow matching as its output, one number: the mean squared error of the velocity, of several streams the sum of theirs
 * (as LTX-2's trainer adds them).
 * @param idle outputs from which nothing is learned; their layers stay in the graph, with gradients of zero
 * @param keep outputs that stay beside the loss
 */
export function withFlowLoss(
  model: Graph,
  streams: readonly LearnedStream[],
  { idle = [], keep = [] }: { readonly idle?: readonly string[]; readonly keep?: readonly string[] } = {},
): Graph {
  const tracer = Tracer.extending(model);
  const learned = streams.map(({ output, weighted }) => {
    const prediction = tracer.outputValue(output);
    const [batch, tokens] = prediction.shape;
    const { target, lossWeight } = streamInputs(output);
    const weight = weighted ? tracer.input(lossWeight, [batch, tokens, 1], 'f32') : undefined;
    return meanSquaredError(prediction, tracer.input(target, prediction.shape, 'f32'), weight);
  });
  // A value and not the number 0, by which derivatives would end here: then there were no gradients at all.
  const zero = tracer.constant(Float32Array.of(0), [1]);
  const unlearned = idle.map((output) => multiply(total(tracer.outputValue(output)), zero));
  tracer.output(
    flowLossName,
    [...learned, ...unlearned].reduce((loss, term) => add(loss, term)),
  );
  const whole = tracer.finish();
  const kept = new Set([flowLossName, ...keep]);
  return removeDeadCode({ ...whole, outputs: new Map([...whole.outputs].filter(([name]) => kept.has(name))) });
}

function total(values: Tensor): Tensor {
  return sum(
    values,
    values.shape.map((_, axis) => axis),
  );
}
