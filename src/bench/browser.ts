/** What needs a browser: the peer whose WebAssembly loads only there. */
export { openOrtContender } from './peers/ort';
