/** What needs Node: the peers that run beside us, and `aiprod generate` as a child process. */
export { nodePeerNames, startNodePeers } from './peers/node-peers';
export { startSuite } from './start-suite';
export { compositingSuite } from './compositing-suite';
