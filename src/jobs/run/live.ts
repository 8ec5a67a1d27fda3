/** Live capture for the service. */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import type { FrameHandler } from '../../sense/capture/frame-handler.ts';

export interface LiveOptions {
  readonly onFrame: FrameHandler['frame'];
  readonly onTrouble: (sentence: string) => void;
}

export interface Live {
  readonly program: string;
  lost(): number;
  failed(): boolean;
  stop(): Promise<void>;
}

export function startLive(_name: string, _options: LiveOptions): Promise<Live> {
  throw new FiredoorError(ERROR_CODES.NOT_AVAILABLE, 'soon');
}
