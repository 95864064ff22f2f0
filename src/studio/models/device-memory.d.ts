/** Memory of the computer in GiB, rounded and at most 8 for privacy (W3C Device Memory); Chromium has it, TypeScript's DOM library has not. */
interface Navigator {
  readonly deviceMemory?: number;
}
