import { AiprodStudio } from 'aiprod-studio';

/** A component of the server: the studio says itself that it belongs to the browser. On the server it is rendered empty. */
export default function Page() {
  return <AiprodStudio theme="light" locale="en" modelsUrl="/models/" />;
}
