/**
 * What GraphiQL keeps (tabs, history, sizes): for each member, in the tab's session storage, until they sign out. Never in
 * the local storage: variables hold names of clients, and whoever types `signIn` a password.
 */

import type { Storage } from '@graphiql/toolkit';

export interface Kept extends Storage {
  /** Keep nothing any more, of what is there and of what GraphiQL is still about to write. */
  end(): void;
}

export function keptFor(member: string): Kept {
  const prefix = `kept:${member}:`;
  let ended = false;
  const names = () => Object.keys(sessionStorage).filter((name) => name.startsWith(prefix));
  const clear = () => names().forEach((name) => sessionStorage.removeItem(name));
  return {
    get length() {
      return names().length;
    },
    getItem: (name) => sessionStorage.getItem(prefix + name),
    setItem: (name, value) => ended || sessionStorage.setItem(prefix + name, value),
    removeItem: (name) => sessionStorage.removeItem(prefix + name),
    clear,
    end() {
      ended = true;
      clear();
    },
  };
}
