import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useMemo, useSyncExternalStore } from 'react';

import { fetcher } from './fetcher';
import { Header } from './Header';
import { keptFor } from './kept';
import * as session from './session';
import { SHELF } from './ShelfPanel';
import { SignInForm } from './SignInForm';

const PLUGINS = [SHELF, explorerPlugin(), HISTORY_PLUGIN];
const WELCOME = '# The shelf on the left has documents that are ready to run.\n\nquery { viewer { role rights } firm { name } }\n';

export function App() {
  const who = useSyncExternalStore(session.listen, () => session.who);
  const ready = useSyncExternalStore(session.listen, () => session.ready);
  const member = who?.member.id;
  const kept = useMemo(() => keptFor(member ?? ''), [member]);
  if (!ready) return null;
  if (who === null) return <SignInForm />;
  return (
    <div className="jobwire">
      <Header who={who} onSignOut={() => kept.end()} />
      <GraphiQL
        key={member}
        fetcher={fetcher}
        storage={kept}
        plugins={PLUGINS}
        visiblePlugin={SHELF}
        defaultQuery={WELCOME}
        defaultEditorToolsVisibility="variables"
        shouldPersistHeaders={false}
      />
    </div>
  );
}
