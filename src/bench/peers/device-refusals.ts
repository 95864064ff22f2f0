import { UnsupportedWork, type Contender, type PreparedWork } from '../contender';

/**
 * The contender, refusing what its device refuses. A library that asks for more than the adapter's limits (a matrix of scores above the
 * largest binding) is not told: WebGPU reports it by an event and the result is zeros, which would be taken for a wrong answer of ours.
 * @param device that the contender computes on, alone.
 */
export function withDeviceRefusals(contender: Contender, device: Pick<GPUDevice, 'addEventListener'>): Contender {
  let refused: string | undefined;
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    refused ??= event.error.message.split('\n', 1)[0];
  });
  const checked = async (prepare: () => Promise<PreparedWork>): Promise<PreparedWork> => {
    refused = undefined;
    const prepared = await prepare();
    return {
      ...prepared,
      async read() {
        const result = await prepared.read();
        if (refused === undefined) return result;
        prepared.dispose();
        throw new UnsupportedWork(`its device refuses it: ${refused}`);
      },
    };
  };
  const { prepareTraining } = contender;
  return {
    ...contender,
    prepare: (work, data) => checked(() => contender.prepare(work, data)),
    ...(prepareTraining && { prepareTraining: (training, data) => checked(() => prepareTraining(training, data)) }),
  };
}
