import { createElement, lazy, type ComponentType, type ReactNode } from 'react';
import { AiprodError } from '../../errors';

/**
 * A part that is loaded when it is first shown.
 * @throws AiprodError in rendering, `network-failure` where its script could not be had: a browser asks for it again only on a page loaded anew
 */
export function loadedLater<Props extends object>(load: () => Promise<(props: Props) => ReactNode>): ComponentType<Props> {
  const part = lazy(async () => {
    const Loaded = await load().catch((cause: unknown) => {
      throw new AiprodError('network-failure', 'a part of the page could not be loaded', { found: String(cause) }, { cause });
    });
    return { default: (props: Props) => createElement(Loaded, props) };
  });
  return (props) => createElement<Props>(part, props);
}
