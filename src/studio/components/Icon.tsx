/** Line icons on a 24-unit grid, drawn for this project. */
const paths = {
  play: 'M8 5.2v13.6a.6.6 0 0 0 .9.5l10.6-6.8a.6.6 0 0 0 0-1L8.9 4.7a.6.6 0 0 0-.9.5Z',
  pause: 'M8.5 5v14M15.5 5v14',
  'frame-back': 'M15.5 6.5 9 12l6.5 5.5M5.5 6v12',
  'frame-forward': 'M8.5 6.5 15 12l-6.5 5.5M18.5 6v12',
  download: 'M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 19.5h14',
  dice: 'M6.5 4h11A2.5 2.5 0 0 1 20 6.5v11a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 17.5v-11A2.5 2.5 0 0 1 6.5 4ZM8.7 8.7h.01M15.3 8.7h.01M12 12h.01M8.7 15.3h.01M15.3 15.3h.01',
  lock: 'M7 10.5h10a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 18v-6A1.5 1.5 0 0 1 7 10.5ZM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5',
  unlock:
    'M7 10.5h10a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 18v-6A1.5 1.5 0 0 1 7 10.5ZM8.5 10.5V7.2a3.5 3.5 0 0 1 6.7-1.4',
  sun: 'M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6ZM12 2.8v1.8M12 19.4v1.8M2.8 12h1.8M19.4 12h1.8M5.5 5.5l1.3 1.3M17.2 17.2l1.3 1.3M5.5 18.5l1.3-1.3M17.2 6.8l1.3-1.3',
  moon: 'M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z',
  auto: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 4v16M12 8.5l5.8-2.3M12 13l7.6-3M12 17.5l6.4-2.5',
  stop: 'M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z',
  alert: 'M12 8.5v4.5M12 16.4h.01M10.4 4.6 2.9 17.7A1.8 1.8 0 0 0 4.5 20.4h15a1.8 1.8 0 0 0 1.6-2.7L13.6 4.6a1.8 1.8 0 0 0-3.2 0Z',
  chip: 'M8 6.5h8A1.5 1.5 0 0 1 17.5 8v8a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 16V8A1.5 1.5 0 0 1 8 6.5ZM10 10h4v4h-4ZM9.5 3.5v3M14.5 3.5v3M9.5 17.5v3M14.5 17.5v3M3.5 9.5h3M3.5 14.5h3M17.5 9.5h3M17.5 14.5h3',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  close: 'm6.5 6.5 11 11m0-11-11 11',
  chevron: 'm7 9.5 5 5 5-5',
  reset: 'M4.5 5v4.5H9M5 9.2A7.8 7.8 0 1 1 4.3 14',
  reuse: 'M8 8.5h8.5a3 3 0 0 1 3 3v1M4.5 12.5v1a3 3 0 0 0 3 3H16M10.5 5.5l-3 3 3 3M13.5 13.5l3 3-3 3',
  volume: 'M4.5 9.5v5h3l4.5 4v-13l-4.5 4h-3ZM15 9a4.2 4.2 0 0 1 0 6M17.6 6.500a7.8 7.8 0 0 1 0 11',
  muted: 'M4.5 9.5v5h3l4.5 4v-13l-4.5 4h-3ZM15.5 9.500l5 5m0-5-5 5',
  folder: 'M3.5 7A1.5 1.5 0 0 1 5 5.500h4.200l2 2.300H19a1.5 1.5 0 0 1 1.5 1.500V17a1.5 1.5 0 0 1-1.5 1.500H5A1.5 1.5 0 0 1 3.5 17V7Z',
  trash: 'M5 7h14M9.5 7V4.800h5V7M7 7l.8 12.200h8.400L17 7M10.3 10.500v5.500M13.7 10.500v5.5',
  model: 'M12 3.5 19.5 7.800v8.400L12 20.500l-7.5-4.300V7.800L12 3.500ZM4.8 8 12 12.1 19.2 8M12 12.100v8.2',
  offline: 'M7 18.5a4.5 4.5 0 0 1-.6-8.96 6 6 0 0 1 11.5 1.3A3.9 3.9 0 0 1 17.3 18.5H7ZM9.5 13.8l2 2 3.4-3.6',
  settings:
    'M4 7.5h8.5M17.5 7.5H20M4 16.5h2.5M11.500 16.5H20M15 5.300a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400ZM9 14.300a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400Z',
  search: 'M10.500 4.500a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM15 15l4.500 4.500',
  keyboard:
    'M4.500 6.500h15A1.500 1.500 0 0 1 21 8v8a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 16V8a1.500 1.500 0 0 1 1.500-1.500ZM6.800 10h.01M10.300 10h.01M13.800 10h.01M17.200 10h.01M8 14h8',
  tour: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM15.500 8.500l-2 5-5 2 2-5 5-2Z',
} as const;

export type IconName = keyof typeof paths;

/** Decoration only: what an icon means stands in words beside it or in its button's label. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  const filled = name === 'play' || name === 'stop';
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={filled ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth={name === 'pause' ? 2.6 : name === 'dice' ? 1.9 : 1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
