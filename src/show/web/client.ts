/** Every request the page makes, in one place. Refusals arrive as `Failure` with the sentence the server gave. */
import type {
  ActorHistory,
  ApiError,
  AssetPage,
  AttackInfo,
  CaptureHealth,
  ConversationPage,
  Doors,
  EvidenceView,
  IncidentAction,
  IncidentPage,
  IncidentView,
  LearningProgress,
  Me,
  Outcome,
  Role,
  SwitchName,
  TagPage,
  TimeUs,
  Trend,
  UserInfo,
} from '../api/types.ts';
import { me, sessionLost } from './state.ts';

/** A request that did not work: a stable code and a sentence. */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  static from(cause: unknown): Failure {
    if (cause instanceof Failure) return cause;
    return new Failure('PAGE', cause instanceof Error ? cause.message : 'Something on this page failed.');
  }
}

const UNREACHABLE = 'Firedoor does not answer. The doors and the recording do not depend on this page.';

async function failureOf(response: Response): Promise<Failure> {
  try {
    const { error } = (await response.json()) as ApiError;
    return new Failure(error.code, error.message);
  } catch {
    return new Failure(`HTTP_${response.status}`, `Firedoor refused with ${response.status}.`);
  }
}

async function request<T>(method: string, address: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api${address}`, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? { accept: 'application/json' } : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new Failure('UNREACHABLE', UNREACHABLE);
  }
  if (!response.ok) {
    const failure = await failureOf(response);
    if (response.status === 401) loseSession();
    throw failure;
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

function loseSession(): void {
  if (me.value) {
    sessionLost.value = true;
    me.value = null;
  }
}

const get = <T>(address: string) => request<T>('GET', address);
const post = <T>(address: string, body: unknown = {}) => request<T>('POST', address, body);
const id = encodeURIComponent;

export interface Slice {
  readonly offset: number;
  readonly limit: number;
  readonly search: string;
}

function words(given: Readonly<Record<string, string | number>>): string {
  const made = new URLSearchParams();
  for (const [name, word] of Object.entries(given)) if (word !== '') made.set(name, String(word));
  return made.toString();
}

export const api = {
  me: () => get<Me>('/me'),
  signIn: (name: string, password: string) => post<Me>('/sign-in', { name, password }),
  signInByLink: (token: string) => post<Me>('/sign-in/link', { token }),
  signOut: () => post<unknown>('/sign-out'),
  setPassword: (password: string, current: string) => post<unknown>('/me/password', { password, current }),
  setup: (name: string, password: string) => post<unknown>('/account/setup', { name, password }),

  incidents: (slice: Slice, state: string) => get<IncidentPage>(`/incidents?${words({ ...slice, state })}`),
  incident: (incident: string) => get<IncidentView>(`/incidents/${id(incident)}`),
  act: (incident: string, action: IncidentAction) => post<IncidentView>(`/incidents/${id(incident)}/actions`, action),
  pcapAddress: (incident: string) => `/api/incidents/${id(incident)}/pcap`,
  evidence: (capture: string, frame: number) => get<EvidenceView>(`/frames/${frame}?${words({ capture })}`),
  history: (asset: string, fromUs: TimeUs, toUs: TimeUs) =>
    get<ActorHistory>(`/assets/${id(asset)}/history?${words({ fromUs, toUs })}`),

  assets: (slice: Slice) => get<AssetPage>(`/assets?${words({ ...slice })}`),
  conversations: (slice: Slice) => get<ConversationPage>(`/conversations?${words({ ...slice })}`),
  tags: (slice: Slice) => get<TagPage>(`/tags?${words({ ...slice })}`),
  trends: (tags: readonly string[], fromUs: TimeUs, toUs: TimeUs, buckets: number) => {
    const asked = new URLSearchParams(tags.map((tag) => ['tags', tag]));
    return get<readonly Trend[]>(
      `/trends?${asked}&${words({ fromUs: Math.round(fromUs), toUs: Math.round(toUs), buckets })}`,
    );
  },

  learning: () => get<LearningProgress>('/learning'),
  capture: () => get<CaptureHealth>('/capture'),
  doors: () => get<Doors>('/doors'),
  attacks: () => get<readonly AttackInfo[]>('/attacks'),
  startAttack: (name: string) => post<Outcome>(`/attacks/${id(name)}/start`),
  setSwitch: (name: SwitchName, active: boolean) => post<Outcome>(`/switches/${name}`, { active }),

  users: () => get<readonly UserInfo[]>('/users'),
  addUser: (name: string, role: Role) => post<UserInfo>('/users', { name, role }),
  changeUser: (user: string, change: { readonly role?: Role; readonly disabled?: boolean }) =>
    request<UserInfo>('PATCH', `/users/${id(user)}`, change),
  userLink: (user: string) => post<{ readonly token: string; readonly expiresMs: number }>(`/users/${id(user)}/link`),
};
