/**
 * `<aiprod-studio>`: the studio for pages without React, in the light DOM. Attributes `theme`, `locale`, `models-url` and `converter-url`; everything else is
 * set as `options` before the element is put into the page. It tells of itself by the events `ready` and `change`.
 */
import { createElement } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { isLocale, themes } from '../studio';
import { AiprodStudio, type AiprodStudioProps, type ProjectChange } from './AiprodStudio';
import type { StudioApi } from './api';

export type { StudioApi } from './api';
export type { AiprodStudioProps, ProjectChange } from './AiprodStudio';

export const elementName = 'aiprod-studio';

/** Events of the element, by name. */
export interface AiprodStudioEvents {
  readonly ready: CustomEvent<StudioApi>;
  readonly change: CustomEvent<ProjectChange>;
}

/** What the element can be set up with: the component's props, without handlers, for which there are events. */
export type ElementOptions = Omit<AiprodStudioProps, 'onReady' | 'onChange'>;

export interface AiprodStudioElement extends HTMLElement {
  options: ElementOptions;
  /** Undefined until the event `ready`. */
  readonly api: StudioApi | undefined;
}

/** Defines the element, unless it is there; does nothing where there is no DOM, so that the module can be loaded on a server. */
export function defineAiprodStudio(): void {
  if (typeof customElements === 'undefined' || customElements.get(elementName) !== undefined) return;
  class StudioElement extends HTMLElement implements AiprodStudioElement {
    static readonly observedAttributes = ['theme', 'locale', 'models-url', 'converter-url'];
    options: ElementOptions = {};
    api: StudioApi | undefined;
    #root: Root | undefined;

    connectedCallback(): void {
      this.#root = createRoot(this);
      this.#render();
    }

    disconnectedCallback(): void {
      const root = this.#root;
      this.#root = undefined;
      this.api = undefined;
      // An element that is only moved is connected again at once; its studio begins anew, as its workers do.
      root?.unmount();
    }

    attributeChangedCallback(): void {
      this.#render();
    }

    #render(): void {
      const theme = themes.find((each) => each === this.getAttribute('theme'));
      const locale = this.getAttribute('locale') ?? '';
      const modelsUrl = this.getAttribute('models-url');
      const converterUrl = this.getAttribute('converter-url');
      this.#root?.render(
        createElement(AiprodStudio, {
          ...this.options,
          ...(theme === undefined ? {} : { theme }),
          ...(isLocale(locale) ? { locale } : {}),
          ...(modelsUrl === null ? {} : { modelsUrl }),
          ...(converterUrl === null ? {} : { converterUrl }),
          onReady: this.#ready,
          onChange: this.#changed,
        }),
      );
    }

    #ready = (api: StudioApi): void => {
      this.api = api;
      this.dispatchEvent(new CustomEvent('ready', { detail: api }));
    };

    #changed = (change: ProjectChange): void => {
      this.dispatchEvent(new CustomEvent('change', { detail: change }));
    };
  }
  customElements.define(elementName, StudioElement);
}

defineAiprodStudio();
