'use client';

import { AiprodStudio } from 'aiprod-studio';

/** Rendered to a string on the server, taken over in the browser. Models are served from `public/models`. */
export default function Page() {
  return <AiprodStudio theme="light" locale="en" modelsUrl="/models/" />;
}
