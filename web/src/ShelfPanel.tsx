/** The shelf in GraphiQL's side bar. A document opens in a tab of its own. */

import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { getOperationAST, parse } from 'graphql';
import { useState } from 'react';

import { filled, shelf, type ReadyDocument } from './shelf';

function factsOf(query: string) {
  const documentAST = parse(query);
  const operation = getOperationAST(documentAST)!;
  return { documentAST, operations: [operation], operationName: operation.name?.value };
}

const groups = [...new Set(shelf.map(({ group }) => group))];

function Shelf() {
  const [problem, setProblem] = useState('');
  const { addTab, setOperationFacts, stop } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  async function open(document: ReadyDocument) {
    setProblem('');
    try {
      const variables = await filled(document);
      stop(); // what is told to the tab before would be shown in the new one
      addTab();
      queryEditor?.setValue(document.query);
      variableEditor?.setValue(Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '');
      setOperationFacts(factsOf(document.query)); // the editor finds them a moment later
    } catch (error) {
      setProblem(String(error));
    }
  }

  return (
    <section className="jobwire-shelf" aria-label="Shelf">
      <div className="graphiql-doc-explorer-title">Shelf</div>
      {problem && <p role="alert">{problem}</p>}
      {groups.map((group) => (
        <div key={group}>
          <h3>{group}</h3>
          {shelf
            .filter((document) => document.group === group)
            .map((document) => (
              <button key={document.title} type="button" onClick={() => open(document)}>
                <strong>{document.title}</strong>
                {document.about && <span>{document.about}</span>}
              </button>
            ))}
        </div>
      ))}
    </section>
  );
}

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
    <path d="M4 3v18M4 12h16M20 3v18M7 5h3v7H7zM11 7h3v5h-3zM7 15h6v6H7z" />
  </svg>
);

export const SHELF: GraphiQLPlugin = { title: 'Shelf', icon: Icon, content: Shelf };
