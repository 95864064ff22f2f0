/** What needs a browser: the peer whose WebAssembly loads only there. */
export { ortContender } from './peers/ort';
