/** What the server tells the page, in an attribute of its own text. */

export interface SignIn {
  email: string;
  password: string;
  who: string;
}

export interface Told {
  version?: string;
  /** Where it is the demo: who to sign in as. */
  signIns?: SignIn[];
}

export const told: Told = JSON.parse(document.querySelector<HTMLMetaElement>('meta[name=jobwire]')?.content || '{}');
