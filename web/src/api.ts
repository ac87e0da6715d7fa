/** Operations over HTTP. */

export const API = new URL('/graphql', location.href).href;

export interface Problem {
  message: string;
  extensions?: Record<string, unknown>;
}

export interface Answer {
  data?: any;
  errors?: Problem[];
  extensions?: Record<string, unknown>;
}

export interface Operation {
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}

/** The whole answer, also where it is a refusal; what is no answer at all is told as an error in its form. */
export async function post(operation: Operation, token?: string, given: Record<string, string> = {}): Promise<Reply> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: 'application/json', ...given };
  if (token) headers.Authorization ??= `Bearer ${token}`;
  const response = await fetch(API, { method: 'POST', headers, body: JSON.stringify(operation) });
  const now = Date.parse(response.headers.get('Date') ?? '') || Date.now();
  const text = await response.text();
  try {
    return { answer: JSON.parse(text), now };
  } catch {
    const extensions = { status: response.status, body: text.slice(0, 1_000) };
    return { answer: { errors: [{ message: 'This is no answer of the API.', extensions }] }, now };
  }
}

/** An answer, and what time it was for whoever gave it. */
export interface Reply {
  answer: Answer;
  now: number;
}

/** The code of the first error. */
export const codeOf = (answer: Answer): unknown => answer.errors?.[0]?.extensions?.code;
