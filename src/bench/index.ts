export { UnsupportedWork, type Contender, type PreparedWork } from './contender';
export { measureCase } from './measure-case';
export { memoryAgrees } from './model-suites';
export { oursName, ourContender } from './ours';
export { fromPeerLayout, peerData, peerResult, type PeerMath } from './peers/peer-work';
export { benchReportSchema, compareReports, parseReport, withFigures, type BenchCase, type BenchReport, type Comparison } from './report';
export { runBench, type BenchClock, type BenchRequest } from './run-bench';
export {
  suiteNames,
  workSuiteNames,
  workSuites,
  softwareFlopsLimit,
  type SuiteName,
  type WorkCase,
  type WorkSuiteName,
} from './suites/shapes';
export { caseLines, comparisonLines, headLine, tailLines } from './table';
export { flopsOf, type Work, type WorkData } from './work';
