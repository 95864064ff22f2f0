import { embeddedModelKnows, examplePrompts } from '../example-prompts';
import { useStudio } from '../state/context';
import { ShapeGlyph } from './ShapeGlyph';
import styles from './Welcome.module.css';

/** A first visit: what this is, and prompts to begin with. */
export function Welcome() {
  const edit = useStudio((state) => state.edit);
  const prompt = useStudio((state) => state.draft.prompt);
  const embedded = useStudio(({ environment }) => environment.status !== 'ready' || environment.description.model.name === 'embedded');
  return (
    <section className={styles.welcome} aria-label="Welcome">
      <div className={styles.inner}>
        <Strip />
        <h2 className={styles.title}>Say what moves. Watch it appear.</h2>
        <p className={styles.lead}>The clip is made on this computer, in this tab. Nothing is uploaded, and after this visit it works offline too.</p>
        {embedded && (
          <>
            <h3 className={styles.subtitle}>Start from an example</h3>
            <ul className={styles.chips}>
              {examplePrompts.map((example) => (
                <li key={example.text}>
                  <button type="button" className={styles.chip} aria-pressed={prompt === example.text} onClick={() => edit({ prompt: example.text })}>
                    <ShapeGlyph {...example} />
                    {example.text}
                  </button>
                </li>
              ))}
            </ul>
            <details className={styles.knows}>
              <summary>What the built-in model can draw</summary>
              <dl>
                {embeddedModelKnows.map(({ what, words }) => (
                  <div key={what}>
                    <dt>{what}</dt>
                    <dd>{words}</dd>
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

/** From noise to a picture in five frames: what the program does, drawn. */
function Strip() {
  const dots = Array.from({ length: 26 }, (_, k) => ({ x: (k * 37 + 11) % 52, y: (k * 23 + 7) % 40, r: 1 + ((k * 7) % 3) * 0.5 }));
  return (
    <svg className={styles.strip} viewBox="0 0 320 52" aria-hidden="true" focusable="false">
      {[0, 1, 2, 3, 4].map((frame) => {
        const clear = frame / 4;
        return (
          <g key={frame} transform={`translate(${frame * 66} 2)`}>
            <rect className={styles.frame} width="56" height="44" rx="7" />
            <g className={styles.noise} opacity={(1 - clear) ** 1.2}>
              {dots.map(({ x, y, r }) => (
                <circle key={`${x}-${y}`} cx={2 + x} cy={2 + y} r={r} />
              ))}
            </g>
            <circle className={styles.ball} cx={13 + frame * 7.5} cy={32 - 18 * Math.sin((Math.PI * (frame + 0.4)) / 4.8)} r="8" opacity={clear ** 1.4} />
          </g>
        );
      })}
    </svg>
  );
}
