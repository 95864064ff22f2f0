import { useEffect } from 'react';
import { archiveExtension } from '../../project';
import { useStudio } from '../state/context';

/** Files that the system opened the installed app with (File Handling API); not in every browser. */
declare global {
  interface Window {
    readonly launchQueue?: {
      setConsumer(consumer: (launch: { readonly files?: readonly FileSystemFileHandle[] }) => void): void;
    };
  }
}

/** Opens what the installed app was started with: a project, or a clip whose settings are wanted. Files wait until the studio is ready. */
export function LaunchedFiles() {
  const ready = useStudio((state) => state.environment.status !== 'checking');
  const openProjectFile = useStudio((state) => state.openProjectFile);
  const takeRecipe = useStudio((state) => state.takeRecipe);
  useEffect(() => {
    if (!ready) return;
    window.launchQueue?.setConsumer(({ files = [] }) => {
      void (async () => {
        for (const handle of files) {
          const file = await handle.getFile();
          if (file.name.toLowerCase().endsWith(archiveExtension)) await openProjectFile(file, file.name);
          else await takeRecipe(file);
        }
      })();
    });
  }, [ready, openProjectFile, takeRecipe]);
  return null;
}
