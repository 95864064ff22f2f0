import { Menu } from '@base-ui/react/menu';
import { useState, type ReactElement } from 'react';
import { Icon, type IconName } from './Icon';
import styles from './ActionMenu.module.css';

/** One thing that a menu offers. */
export interface MenuAction {
  readonly label: string;
  readonly icon?: IconName;
  /** Keys that do the same, shown beside. */
  readonly keys?: string;
  readonly disabled?: boolean;
  /** Given for one of several that exclude each other. */
  readonly checked?: boolean;
  run(): void;
}

/** An action, more of them behind a name, or a line between. */
export type MenuEntry = MenuAction | { readonly label: string; readonly entries: readonly MenuEntry[] } | 'line';

export interface ActionMenuProps {
  /** A button. */
  readonly trigger: ReactElement;
  readonly entries: readonly MenuEntry[];
}

/** A button that opens a menu. */
export function ActionMenu({ trigger, entries }: ActionMenuProps) {
  return (
    <Menu.Root>
      <Menu.Trigger render={trigger} />
      <Popup entries={entries} />
    </Menu.Root>
  );
}

export interface AnchoredMenuProps {
  /** Where it opens: an element, or a point of the window. Closed when undefined. */
  readonly anchor: Element | { readonly x: number; readonly y: number } | undefined;
  readonly entries: readonly MenuEntry[];
  onClose(): void;
}

/** A menu that opens where something was clicked. */
export function AnchoredMenu({ anchor, entries, onClose }: AnchoredMenuProps) {
  const place =
    anchor === undefined || anchor instanceof Element ? anchor : { getBoundingClientRect: () => new DOMRect(anchor.x, anchor.y) };
  return (
    <Menu.Root open={anchor !== undefined} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Popup entries={entries} anchor={place} />
    </Menu.Root>
  );
}

interface PopupProps {
  readonly entries: readonly MenuEntry[];
  readonly anchor?: Element | { getBoundingClientRect(): DOMRect } | undefined;
  readonly sub?: boolean;
}

function Popup({ entries, anchor, sub = false }: PopupProps) {
  // Menus stay inside the studio's root, where its tokens and layers count.
  const [root, setRoot] = useState<HTMLElement>();
  return (
    <>
      <span hidden ref={(element) => setRoot(element?.closest<HTMLElement>('.aiprod-studio') ?? undefined)} />
      <Menu.Portal container={root}>
        <Menu.Positioner
          className={styles.positioner}
          anchor={anchor}
          side={sub ? 'inline-end' : 'bottom'}
          align="start"
          sideOffset={sub ? 2 : 4}
          positionMethod="fixed"
        >
          <Menu.Popup className={styles.popup}>
            {entries.map((entry, at) => (
              <Entry key={entry === 'line' ? `line ${at}` : entry.label} entry={entry} />
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </>
  );
}

function Entry({ entry }: { readonly entry: MenuEntry }) {
  if (entry === 'line') return <Menu.Separator className={styles.line} />;
  if ('entries' in entry) {
    return (
      <Menu.SubmenuRoot>
        <Menu.SubmenuTrigger className={styles.item}>
          <span className={styles.label}>{entry.label}</span>
          <span className={styles.more}>
            <Icon name="chevron" size={14} />
          </span>
        </Menu.SubmenuTrigger>
        <Popup entries={entry.entries} sub />
      </Menu.SubmenuRoot>
    );
  }
  const { label, icon, keys, disabled = false, checked, run } = entry;
  const mark = checked === undefined ? icon : checked ? 'check' : undefined;
  return (
    <Menu.Item
      className={styles.item}
      disabled={disabled}
      onClick={run}
      {...(checked === undefined ? {} : { role: 'menuitemradio', 'aria-checked': checked })}
    >
      {(icon !== undefined || checked !== undefined) && (
        <span className={styles.icon}>{mark !== undefined && <Icon name={mark} size={16} />}</span>
      )}
      <span className={styles.label}>{label}</span>
      {keys !== undefined && <kbd className={styles.keys}>{keys}</kbd>}
    </Menu.Item>
  );
}
