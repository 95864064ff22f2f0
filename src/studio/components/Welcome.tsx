import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useAvailableCommands, useCommandRegistry } from '../commands';
import { embeddedModelKnows, examplePrompts } from '../example-prompts';
import { useShows, useStudio } from '../state/context';
import { tourTaken } from '../tour/tour-memory';
import { Button } from './Button';
import { ShapeGlyph } from './ShapeGlyph';
import styles from './Welcome.module.css';

/** A first visit: what this is, and prompts to begin with. */
export function Welcome() {
  const t = useTranslations('welcome');
  const edit = useStudio((state) => state.edit);
  const prompt = useStudio((state) => state.draft.prompt);
  const embedded = useStudio(({ model }) => model === 'embedded');
  return (
    <section className={styles.welcome} aria-label={t('welcome')}>
      <div className={styles.inner}>
        <Strip />
        <h2 className={styles.title}>{t('title')}</h2>
        <p className={styles.lead}>{t('lead')}</p>
        <TourOffer />
        {embedded && (
          <>
            <h3 className={styles.subtitle}>{t('examples')}</h3>
            <ul className={styles.chips}>
              {examplePrompts.map((example) => (
                <li key={example.text}>
                  <button
                    type="button"
                    className={styles.chip}
                    aria-pressed={prompt === example.text}
                    onClick={() => edit({ prompt: example.text })}
                  >
                    <ShapeGlyph {...example} />
                    {example.text}
                  </button>
                </li>
              ))}
            </ul>
            <details className={styles.knows}>
              <summary>{t('knows')}</summary>
              <dl>
                {embeddedModelKnows.map(({ what, words }) => (
                  <div key={what}>
                    <dt>{t(`known.${what}`)}</dt>
                    <dd lang="en">{words}</dd>
                  </div>
                ))}
              </dl>
            </details>
          </>
        )}
      </div>
    </section>
  );
}

/** Offered until it was taken once: a first visit has enough to look at without it. */
function TourOffer() {
  const t = useTranslations('tour');
  const registry = useCommandRegistry();
  const [taken] = useState(tourTaken);
  const shown = useShows('tour');
  // It is loaded beside the first view: before that, a click would go nowhere.
  const ready = useAvailableCommands().includes('studio.tour');
  if (taken || !shown) return null;
  return (
    <Button icon="tour" disabled={!ready} onClick={() => registry.run('studio.tour')}>
      {t('offer')}
    </Button>
  );
}

/** Grains of the noise on a loose grid of 9 x 7 within a frame of 56 x 44, shifted by fractions of the golden ratio. */
const grains = Array.from({ length: 63 }, (_, k) => ({
  x: 5 + (k % 9) * 5.8 + ((k * 0.618) % 1) * 4 - 2,
  y: 5 + Math.floor(k / 9) * 5.7 + ((k * 0.414) % 1) * 4 - 2,
  r: 0.5 + ((k * 0.732) % 1) * 1.1,
}));

/** From noise to a picture in five frames: what the program does, drawn. */
function Strip() {
  return (
    <svg className={styles.strip} viewBox="0 0 320 52" aria-hidden="true" focusable="false">
      {[0, 1, 2, 3, 4].map((frame) => {
        const clear = frame / 4;
        return (
          <g key={frame} transform={`translate(${frame * 66} 2)`}>
            <rect className={styles.frame} width="56" height="44" rx="7" />
            <g className={styles.noise} opacity={(1 - clear) ** 1.2}>
              {grains.map(({ x, y, r }) => (
                <circle key={`${x}-${y}`} cx={x} cy={y} r={r} />
              ))}
            </g>
            <circle
              className={styles.ball}
              cx={13 + frame * 7.5}
              cy={32 - 18 * Math.sin((Math.PI * (frame + 0.4)) / 4.8)}
              r="8"
              opacity={clear ** 1.4}
            />
          </g>
        );
      })}
    </svg>
  );
}
