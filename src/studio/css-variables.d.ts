import 'react';

declare module 'react' {
  interface CSSProperties {
    /** The studio's own variables, set from data. */
    '--share'?: number;
    '--origin'?: number;
    '--place'?: number;
    '--aspect'?: number;
    '--width'?: string;
    '--opacity'?: number;
    '--from'?: number;
    '--to'?: number;
    '--line-color'?: string;
    '--indent'?: number;
  }
}
