import { useCallback, useEffect, useRef } from 'react';
import type { Project } from '../project';
import {
  missingSupport,
  Studio,
  type Language,
  type Locale,
  type PickExport,
  type StudioHandle,
  type StudioStorage,
  type StudioUi,
  type Theme,
} from '../studio';
import { studioApi, type StudioApi } from './api';
import { startEditor, startGenerator, type WorkerOptions } from './workers';

/** A change of the project, told to the host. */
export interface ProjectChange {
  /** Counts up with every change that is told. */
  readonly version: number;
  readonly project: Project;
}

export interface AiprodStudioProps extends WorkerOptions {
  /** Opened at first, in place of an empty one: a project, or the text of a project file. */
  readonly initialProject?: Project | string;
  /** Called once it is mounted, with what steers it. */
  readonly onReady?: (api: StudioApi) => void;
  /** Called a moment after the project was changed, once for changes that follow each other closely. */
  readonly onChange?: (change: ProjectChange) => void;
  /** Where clips and projects are kept; until it is unmounted when left out. */
  readonly storage?: StudioStorage;
  /**
   * Where an export goes that a person asks for, in place of the browser's dialogs: a file, a folder for frames, or a download that the studio
   * offers; undefined where it is to go nowhere. The host's own exports say so by `to`.
   */
  readonly pickExport?: PickExport;
  /** The person's own choice, kept in this browser, when left out. */
  readonly theme?: Theme;
  /** One of the studio's languages, or one that the host brings; the person's own choice when left out. */
  readonly locale?: Locale | Language;
  /**
   * Address of the folder that holds `ffmpeg-core.js` and `ffmpeg-core.wasm` of the npm package `@ffmpeg/core` (its `dist/esm`), which the host
   * serves: files that browsers do not read are then offered to be converted. GPL-2.0 or later, no part of this package.
   */
  readonly converterUrl?: string | URL;
  /** What is shown; everything when left out. May change while it is mounted. */
  readonly ui?: StudioUi;
  /** Milliseconds without a change before one is told; 300 when left out. */
  readonly changeDelay?: number;
}

/**
 * The studio as a component: it fills the element that it stands in, and keeps to itself (styles under one class in one cascade layer, keys
 * while the focus is within, state of its own for each that is mounted). Rendered to a string it is the empty studio.
 */
export function AiprodStudio(props: AiprodStudioProps) {
  const { theme, locale, storage, pickExport, ui, converterUrl } = props;
  // What the workers are started with is settled when they are; handlers may change from one rendering to the next.
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const connect = useCallback(() => startGenerator(latest.current), []);
  const connectEditor = useCallback(() => startEditor(latest.current), []);
  const onReady = useCallback((studio: StudioHandle) => {
    const api = studioApi(studio);
    const { initialProject, changeDelay = 300 } = latest.current;
    if (initialProject !== undefined) api.setProject(initialProject);
    latest.current.onReady?.(api);
    return tellChanges(studio.store, changeDelay, (change) => latest.current.onChange?.(change));
  }, []);
  return (
    <Studio
      {...{ connect, connectEditor, onReady, storage, pickExport, theme, locale, ui, converterUrl, model: props.models?.initial }}
      {...(typeof window === 'undefined' ? {} : { missing: missingSupport({ isSecureContext, hasWebGpu: 'gpu' in navigator }) })}
      keys="inside"
    />
  );
}

/** @returns what ends it; a change that was not told yet is told then */
function tellChanges(store: StudioHandle['store'], delay: number, tell: (change: ProjectChange) => void): () => void {
  let version = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = (): void => {
    timer = undefined;
    tell({ version: ++version, project: store.getState().wholeProject() });
  };
  const end = store.subscribe((state, before) => {
    if (state.project === before.project && state.edited.sequence === before.edited.sequence) return;
    clearTimeout(timer);
    timer = setTimeout(now, delay);
  });
  return () => {
    end();
    if (timer === undefined) return;
    clearTimeout(timer);
    now();
  };
}
