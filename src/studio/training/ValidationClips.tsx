import { useCallback, useEffect, useMemo, useState } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import type { SampleFile } from '../../training-run/web';
import type { FileTree } from '../../weights';
import { readSample } from './training-folder';
import styles from './ValidationClips.module.css';

export interface ValidationClipsProps {
  readonly tree: FileTree;
  readonly samples: readonly SampleFile[];
}

/** Validation clips side by side: a row a prompt, a column a step. */
export function ValidationClips({ tree, samples }: ValidationClipsProps) {
  const t = useTranslations('training');
  const format = useFormatter();
  const { steps, prompts } = useMemo(() => axes(samples), [samples]);
  const [names, setNames] = useState<ReadonlyMap<number, string>>(new Map());
  const named = useCallback(
    (prompt: number, text: string): void => setNames((known) => (known.get(prompt) === text ? known : new Map(known).set(prompt, text))),
    [],
  );
  return (
    <section className={styles.clips} aria-labelledby="validation-clips">
      <h3 id="validation-clips" className={styles.title}>
        {t('clips')}
      </h3>
      <p className={styles.help}>{samples.length === 0 ? t('noClips') : t('clipsHelp')}</p>
      {samples.length > 0 && (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <td />
                {steps.map((step) => (
                  <th key={step} scope="col">
                    {t('step')} {format.number(step)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {prompts.map((prompt) => {
                const name = names.get(prompt) ?? t('untitledPrompt', { number: prompt + 1 });
                return (
                  <tr key={prompt}>
                    <th scope="row" className={styles.prompt}>
                      {name}
                    </th>
                    {steps.map((step) => {
                      const sample = samples.find((one) => one.step === step && one.prompt === prompt);
                      return (
                        <td key={step}>
                          {sample !== undefined && (
                            <SampleVideo
                              {...{ tree, prompt, path: sample.path, label: t('clipLabel', { step, prompt: name }), onPrompt: named }}
                            />
                          )}
                        </td>
                      );
                    })}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function axes(samples: readonly SampleFile[]): { readonly steps: readonly number[]; readonly prompts: readonly number[] } {
  const rising = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  return { steps: rising(samples.map(({ step }) => step)), prompts: rising(samples.map(({ prompt }) => prompt)) };
}

interface SampleVideoProps {
  readonly tree: FileTree;
  readonly path: string;
  readonly label: string;
  readonly prompt: number;
  /** Must stay the same function. */
  readonly onPrompt: (prompt: number, text: string) => void;
}

/** One clip, in a loop; still, with controls, where motion is unwelcome. */
function SampleVideo({ tree, path, label, prompt, onPrompt }: SampleVideoProps) {
  const t = useTranslations('training');
  const [url, setUrl] = useState<string | null>();
  const [still] = useState(() => window.matchMedia('(prefers-reduced-motion: reduce)').matches);
  useEffect(() => {
    let made: string | undefined;
    let left = false;
    const open = async (): Promise<void> => {
      const sample = await readSample(tree, path);
      if (left) return;
      if (sample === undefined) return setUrl(null);
      if (sample.prompt !== undefined) onPrompt(prompt, sample.prompt);
      made = URL.createObjectURL(sample.content);
      setUrl(made);
    };
    open().catch(() => setUrl(null));
    return () => {
      left = true;
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [tree, path, prompt, onPrompt]);
  if (url === null) return <span className={styles.gone}>{t('clipMissing')}</span>;
  if (url === undefined) return <span className={styles.waiting} />;
  return <video className={styles.video} src={url} aria-label={label} loop muted playsInline autoPlay={!still} controls={still} />;
}
