/** Who is signed in, what they may do, and the way out. */

import { signOut, type Who } from './session';
import { told } from './told';

export function Header({ who, onSignOut }: { who: Who; onSignOut: () => void }) {
  const sees = [
    who.seesAllAccounts ? 'all accounts' : 'assigned accounts',
    who.seesAllPipelines ? 'all pipelines' : 'available pipelines',
  ];
  return (
    <header className="jobwire-header">
      <a href="/">Jobwire {told.version}</a>
      <span>
        <strong>{who.member.name}</strong>, {who.firm.name}
      </span>
      <details>
        <summary>{who.role}</summary>
        <p>Sees {sees.join(' in ')}.</p>
        <p>{who.rights.length ? who.rights.join(', ') : 'No rights of their own.'}</p>
      </details>
      <button
        type="button"
        onClick={() => {
          onSignOut();
          signOut().catch((error) => console.warn(`The session was not ended on the server: ${error}`));
        }}
      >
        Sign out
      </button>
    </header>
  );
}
