/** The writer thread of the embedded store: commits batches in order, answers reads between them, tries again where the disk refuses. */
import { parentPort, workerData } from 'node:worker_threads';
import { sentenceOf } from '../../base/errors.ts';
import { StoreEngine } from './engine.ts';
import type { FromWriter, ToWriter, WriteBatch } from './messages.ts';

/** Wall time between attempts while the disk refuses. [ms] */
const RETRY_MS = 500;

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread.');
const say = (message: FromWriter): void => port.postMessage(message);

let engine: StoreEngine | undefined;
/** Batches not yet on disk; the other thread sends no more while these wait. */
const waiting: WriteBatch[] = [];
let failing = false;
let retry: NodeJS.Timeout | undefined;

try {
  engine = new StoreEngine(String(workerData));
  say({ type: 'ready', names: engine.names() });
  port.on('message', receive);
} catch (error) {
  say({ type: 'refused', sentence: sentenceOf(error) });
}

function receive(message: ToWriter): void {
  if (engine === undefined) return;
  if (message.type === 'write') {
    waiting.push(message.batch);
    if (!failing) writeWaiting(engine);
  } else if (message.type === 'read') {
    try {
      say({ type: 'answer', id: message.id, value: engine.read(message.request) });
    } catch (error) {
      say({ type: 'failed', id: message.id, sentence: sentenceOf(error) });
    }
  } else close(engine);
}

function writeWaiting(store: StoreEngine): void {
  try {
    for (let batch = waiting[0]; batch !== undefined; batch = waiting[0]) {
      const beganMs = performance.now();
      store.write(batch);
      waiting.shift();
      say({ type: 'written', ms: performance.now() - beganMs });
    }
    // The batches are safe in the journal; only their blocks are tried again.
    if (store.closingFailed) store.closeBlocks();
    if (failing) say({ type: 'recovered' });
    failing = false;
  } catch (error) {
    failing = true;
    say({ type: 'trouble', sentence: `The store cannot write: ${sentenceOf(error)}. ${adviceFor(error)}` });
    retry = setTimeout(() => writeWaiting(store), RETRY_MS);
  }
}

function close(store: StoreEngine): void {
  clearTimeout(retry);
  if (waiting.length > 0) {
    writeWaiting(store);
    clearTimeout(retry);
  }
  try {
    store.close();
  } catch (error) {
    say({ type: 'trouble', sentence: `The store did not close well: ${sentenceOf(error)}.` });
  }
  say({ type: 'closed' });
  port?.close();
}

/** Primary result codes of SQLite ("Result and Error Codes"). */
function adviceFor(error: unknown): string {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === 13) return 'The disk is full: make room, or let less be kept.';
  if (code === 8) return 'The data folder has become read-only: check the disk.';
  if (code === 11 || code === 26) return 'A file of it is damaged: restore a backup.';
  return 'Check the disk of the data folder.';
}
