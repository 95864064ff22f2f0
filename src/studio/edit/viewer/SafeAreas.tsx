import styles from './SafeAreas.module.css';

/** Shares of each side that lie outside: of what is acted, 3.5 %, and of words, 5 % (EBU R 95, SMPTE ST 2046-1). */
const areas = [0.035, 0.05] as const;

/** Lines over the picture: what a television may cut off, and the middle. @param aspect width over height */
export function SafeAreas({ aspect }: { readonly aspect: number }) {
  const [width, height] = [1000 * aspect, 1000];
  const cross = 24;
  return (
    <svg className={styles.areas} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      {areas.map((share) => (
        <rect key={share} x={width * share} y={height * share} width={width * (1 - 2 * share)} height={height * (1 - 2 * share)} />
      ))}
      <path d={`M${width / 2 - cross} ${height / 2}h${2 * cross}M${width / 2} ${height / 2 - cross}v${2 * cross}`} />
    </svg>
  );
}
