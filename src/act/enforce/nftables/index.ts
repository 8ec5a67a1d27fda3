/** nftables rule sets as text. */
export * from './render.ts';
