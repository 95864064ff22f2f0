/** The reference cases that this folder answers. */
export const pipelineCases = [
  'ltx_upsample_pipeline',
  'ltx_pipeline_t2v',
  'ltx_pipeline_i2v',
  'ltx_pipeline_condition',
  'ltx_pipeline_condition_video',
  'ltx2_pipeline_t2v',
  'ltx2_pipeline_i2v',
  'ltx2_pipeline_guidance',
  'wan_pipeline_euler',
  'wan_pipeline_unipc',
  'models/wan_pipeline_i2v',
] as const;
