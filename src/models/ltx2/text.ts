/** What LTX-2 makes of text, as the other rooms see it. */
export {
  buildConnectorsGraph,
  buildDurationHeadGraph,
  ltx2ConnectorRows,
  type ConnectorRows,
  type ConnectorsGraphOptions,
  type DurationHeadGraphOptions,
} from './build-text';
export { ltx2Connectors, type Ltx2ConnectorInputs } from './connectors';
export { connectorShape, ltx2ConnectorsConfigSchema, parseLtx2ConnectorsConfig, type Ltx2ConnectorsConfig } from './connectors-config';
export { ltx2DurationHead, ltx2DurationHeadConfigSchema, parseLtx2DurationHeadConfig, type Ltx2DurationHeadConfig } from './duration-head';
