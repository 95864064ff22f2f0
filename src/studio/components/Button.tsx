import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './Icon';
import styles from './Button.module.css';

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  readonly kind?: 'primary' | 'secondary' | 'quiet';
  readonly size?: 'medium' | 'large' | 'small';
  readonly icon?: IconName;
}

export function Button({ kind = 'secondary', size = 'medium', icon, children, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={styles.button} data-kind={kind} data-size={size} {...rest}>
      {icon !== undefined && <Icon name={icon} size={size === 'small' ? 16 : 18} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'children' | 'aria-label'> {
  readonly icon: IconName;
  /** Says in words what it does. */
  readonly label: string;
}

export function IconButton({ icon, label, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button type={type} className={styles.icon} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

export interface LinkButtonProps {
  readonly href: string;
  readonly download: string;
  readonly icon: IconName;
  readonly children: React.ReactNode;
}

/** A link that looks like a button: for files to keep. */
export function DownloadLink({ href, download, icon, children }: LinkButtonProps) {
  return (
    <a className={styles.button} data-kind="strong" data-size="medium" href={href} download={download}>
      <Icon name={icon} size={18} />
      {children}
    </a>
  );
}
