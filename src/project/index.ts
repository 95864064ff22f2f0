export { add, compare, divide, floor, multiply, rational, rationalSchema, subtract, toNumber, type Rational } from './rational';
export { animatedSchema, easingSchema, keyframeSchema, type Animated, type Easing, type Keyframe } from './sequence/animated';
export {
  blendModes,
  blendModeSchema,
  clipSchema,
  endOf,
  idSchema,
  titleSchema,
  transformSchema,
  type BlendMode,
  type Clip,
  type PictureClip,
  type SoundClip,
  type Title,
  type TitleClip,
  type Transform,
} from './sequence/clip';
export { hanOf, hasHan } from './sequence/han';
export { effectSchema, type Effect } from './sequence/effect';
export {
  emptySequence,
  frameRateSchema,
  markerColors,
  sequenceFrames,
  sequenceSchema,
  trackSchema,
  type Marker,
  type MarkerColor,
  type Sequence,
  type Track,
} from './sequence/sequence';
export { mediaItemSchema, type MediaItem } from './media-item';
export { generationSchema, type Generation } from './generation';
export { filesOfProject, keptForm, type FormFile, type KeptForm, type ProjectFile } from './kept-form';
export { emptyProject, projectSchema, projectVersion, type Project } from './project';
export { edited, redo, undo, undoStepSchema, unedited, type Edit, type EditedSequence, type EditLabel, type UndoStep } from './undo';
export { bezierOf, eased, valueAt, type BezierEasing } from './sequence/evaluate';
export {
  clipAt,
  fadeAt,
  isPlain,
  layersAt,
  mediaFrameAt,
  soundsIn,
  type AudibleClip,
  type Layer,
  type LayerSource,
  type PictureSize,
  type PlacedTransform,
} from './sequence/visible';
export {
  definitionOf,
  effectDefinitions,
  effectTypes,
  isEffectType,
  type EffectDefinition,
  type EffectParameter,
  type EffectType,
} from './effects/definitions';
export { commonEffects, likeEffect, withEffectChange } from './effects/common-effects';
export { changesNothing, evaluateEffect, type EvaluatedEffect } from './effects/evaluate-effect';
export { countedFrames, dropsFrames, formatTimecode, parseTimecode } from './timecode';
export * from './edits';
export { mediaOfSequence, readProject, readProjectValue, writeProject, type ProjectReading } from './project-file';
export {
  archiveExtension,
  mediaPath,
  openProjectArchive,
  projectFileName,
  writeProjectArchive,
  zipBlob,
  type ArchivedMedia,
  type ProjectArchive,
} from './archive/project-archive';
export { monotoneCurve, type CurvePoints } from './effects/monotone-curve';
export { editsSince, journalEntrySchema, replayed, stepsAfter, type JournalEntry } from './edit-journal';
export { mixSound, type MixRange } from './sound-mix';
export { writeZip, type ZipInput } from './archive/zip-writer';
export { filterGenerations, generationTree, type GenerationNode } from './generation-tree';
export { jobDifference, type JobChange } from './job-difference';
export {
  easedKeyframe,
  keyframeAt,
  keyframesOf,
  neighboursAt,
  withEasing,
  withKeyframe,
  withoutKeyframe,
  withValue,
} from './sequence/animate';
