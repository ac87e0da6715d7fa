/**
 * Who is signed in. Tokens are in memory alone, but for the moment of a reload: the refresh token is then handed over by
 * way of the tab's session storage, written as the page goes away and taken out as the next one begins. While a page is
 * shown nothing of it is stored, so a tab that is duplicated has no token: two that shared one would end the session.
 */

import { codeOf, post, type Answer } from './api';

const HANDED_OVER = 'jobwire:handed-over';
/** In milliseconds: how long before its end an access token is replaced. */
const AHEAD = 60_000;
const RETRY = 10_000;

const WHO = `{
  member { id name email } firm { name } role rights seesAllAccounts seesAllPipelines
}`;
const SESSION = `accessToken refreshToken expiresAt viewer ${WHO} errors { message retryAfter }`;
const SIGN_IN = `mutation SignIn($input: SignInInput!) { session: signIn(input: $input) { ${SESSION} } }`;
const REFRESH = `mutation Refresh($input: RefreshSessionInput!) { session: refreshSession(input: $input) { ${SESSION} } }`;
const VIEWER = `query Viewer { viewer ${WHO} }`;
const SIGN_OUT = 'mutation SignOut { signOut { errors { message } } }';
const NOT_SIGNED_IN = ['UNAUTHENTICATED', 'TOKEN_EXPIRED'];

export interface Who {
  member: { id: string; name: string; email: string };
  firm: { name: string };
  role: string;
  rights: string[];
  seesAllAccounts: boolean;
  seesAllPipelines: boolean;
}

/** Null while nobody is signed in. */
export let who: Who | null = null;
/** Whether the page has found out if a reload has left somebody signed in. */
export let ready = false;

let access: string | null = null;
let refresh: string | null = null;
/** When the access token ends, by the clock of this machine. */
let ends = 0;
let refreshing: Promise<void> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export class SignedOut extends Error {
  constructor(message = 'You are signed out.') {
    super(message);
  }
}

/** Be told whenever who is signed in changes. */
export function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function signIn(email: string, password: string): Promise<void> {
  await open(SIGN_IN, { email, password });
}

/** A token that is good for a while yet. All who need one meanwhile wait for the same refresh. */
export async function token(): Promise<string> {
  if (refresh === null) throw new SignedOut();
  if (access === null || Date.now() > ends - AHEAD / 2) await renew();
  if (access === null) throw new SignedOut();
  return access;
}

/** Do not use this token again: it was refused. */
export function drop(refused: string | undefined): void {
  if (refused === access) access = null; // and not one that came meanwhile
}

/** Whether an answer says that its token was refused. */
export const tokenRefused = (answer: Answer): boolean => NOT_SIGNED_IN.includes(String(codeOf(answer)));

/** What one may do may have changed meanwhile. */
export async function lookAgain(): Promise<void> {
  const { answer } = await post({ query: VIEWER }, await token());
  if (answer.data?.viewer) become(answer.data.viewer);
}

/** End the session for everybody who has a copy of it, and forget it here whatever comes of that. */
export async function signOut(): Promise<void> {
  try {
    await post({ query: SIGN_OUT }, await token());
  } finally {
    forget();
  }
}

/** At the beginning of the page: go on with what the page before it has handed over. */
export async function begin(): Promise<void> {
  refresh = takeOver();
  try {
    if (refresh !== null) await renew();
  } catch (error) {
    if (!(error instanceof SignedOut)) console.warn(`The session could not be continued: ${error}`);
    forget();
  }
  ready = true;
  tell();
}

addEventListener('pagehide', () => {
  if (refresh !== null) sessionStorage.setItem(HANDED_OVER, refresh);
});
// A page that is shown again as it was has its tokens still.
addEventListener('pageshow', ({ persisted }) => persisted && takeOver());

function takeOver(): string | null {
  const left = sessionStorage.getItem(HANDED_OVER);
  sessionStorage.removeItem(HANDED_OVER);
  return left;
}

function renew(): Promise<void> {
  refreshing ??= open(REFRESH, { refreshToken: refresh }).finally(() => (refreshing = null));
  return refreshing;
}

async function open(query: string, input: object): Promise<void> {
  const { answer, now } = await post({ query, variables: { input } });
  const session = answer.data?.session;
  if (session?.accessToken) {
    access = session.accessToken;
    refresh = session.refreshToken;
    ends = Date.now() + Date.parse(session.expiresAt) - now;
    renewAhead(ends - AHEAD - Date.now());
    become(session.viewer);
    return;
  }
  const [problem] = session?.errors ?? answer.errors ?? [];
  const message = problem?.message ?? 'The session was not opened.';
  if (!tokenRefused(answer)) throw new Error(message);
  forget();
  throw new SignedOut(message);
}

function renewAhead(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    renew().catch((error) => {
      if (!(error instanceof SignedOut)) renewAhead(RETRY);
    });
  }, Math.max(wait, 1_000));
}

function become(viewer: Who | null): void {
  who = viewer;
  tell();
}

function forget(): void {
  clearTimeout(timer);
  access = refresh = null;
  become(null);
}

function tell(): void {
  for (const listener of listeners) listener();
}
