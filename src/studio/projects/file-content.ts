import { fingerprintFile } from '../../pipelines';
import { archiveExtension } from '../../project';
import { blobSource } from '../../weights';

/** The content of a file, by which it is known. */
export const fingerprintOf = (file: Blob): Promise<string> => fingerprintFile(blobSource(file));

/** Whether a file says by its name that it is a project. */
export const isProjectFile = ({ name }: File): boolean => name.toLowerCase().endsWith(archiveExtension);
