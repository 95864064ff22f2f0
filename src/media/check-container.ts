import type { ByteSource } from '../weights';
import { checkElementChain } from './element-chain';
import { checkSampleCounts } from './sample-counts';

/**
 * Looks through a container for what would keep the demuxer at work for ever, whichever of the two kinds it is.
 * @throws bad-input when it is damaged so
 */
export async function checkContainer(file: ByteSource): Promise<void> {
  await checkSampleCounts(file);
  await checkElementChain(file);
}
