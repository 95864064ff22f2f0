import { AiprodStudio } from 'aiprod-studio';
import 'aiprod-studio/style.css';
import { StrictMode, useState, version } from 'react';
import { createRoot } from 'react-dom/client';

/** A studio with a button of the host's above it. */
function Example({ name, theme, ui }) {
  const [api, setApi] = useState();
  const [changes, setChanges] = useState(0);
  return (
    <section aria-label={name}>
      <p>
        <button onClick={() => api?.setProject({ ...api.getProject(), name })}>Name the project {name}</button>{' '}
        <output>{`${changes} changes, named "${api?.getProject().name ?? ''}"`}</output>
      </p>
      <AiprodStudio
        {...{ theme, ui }}
        locale="en"
        modelsUrl="/models/"
        onReady={setApi}
        onChange={({ version: count }) => setChanges(count)}
      />
    </section>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <h1>React {version}</h1>
    <Example name="First" theme="light" />
    <Example name="Second" theme="dark" ui={{ workspaces: ['create'], projects: false, settings: false }} />
  </StrictMode>,
);
