import * as Comlink from 'comlink';
import { AiprodError } from '../src/errors';

/**
 * Lets an AiprodError keep its `code` and `details` on the way to the page: Comlink by itself carries only name, message and
 * stack. Installed in the worker; the page's side of Comlink copies every field onto the Error that it throws.
 */
export function installErrorTransfer(): void {
  const standard = Comlink.transferHandlers.get('throw');
  if (standard === undefined) throw new Error('Comlink has no handler for thrown values');
  Comlink.transferHandlers.set('throw', {
    ...standard,
    serialize(thrown: { value: unknown }) {
      const { value } = thrown;
      if (!(value instanceof AiprodError)) return standard.serialize(thrown);
      return [{ isError: true, value: { ...value.toJSON(), stack: value.stack } }, []];
    },
  });
}
