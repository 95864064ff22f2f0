import { compareOutputs, floatInput } from '../golden';
import { buildClipVisionGraph, parseClipVisionConfig } from './clip-vision';
import { componentConfig, singleComponent } from './verify-case';
import { runModel, type Recipe } from './verify-run';

/** Recipe `clip_vision`: pixels to the states before the last layer. */
export const verifyClipVision: Recipe = async (golden, run, options) => {
  const config = parseClipVisionConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const { data, shape } = floatInput(golden, 'pixel_values');
  const model = buildClipVisionGraph(config, { batch: shape[0], ...options });
  return compareOutputs(golden, await runModel(golden, run, model, { pixel_values: data }));
};
