import { createRequire } from 'node:module';
import { live, query, show, variables } from './following.mjs';

const { Environment, Network, Observable, RecordSource, Store, requestSubscription } =
  createRequire(import.meta.url)('relay-runtime');

// What the page says.

// As relay-compiler makes it of `subscription Changes(…) { boardChanges(…) { revision previous } }`.
const definitions = ['pipelines', 'after', 'epoch'].map((name) => ({ kind: 'LocalArgument', name, defaultValue: null }));
const args = definitions.map(({ name }) => ({ kind: 'Variable', name, variableName: name }));
const scalars = ['revision', 'previous'].map((name) => ({ kind: 'ScalarField', name, alias: null, args: null, storageKey: null }));
const selections = [
  { kind: 'LinkedField', name: 'boardChanges', alias: null, args, concreteType: 'Changes', plural: false, selections: scalars, storageKey: null },
];
const artifact = {
  kind: 'Request',
  fragment: { kind: 'Fragment', name: 'Changes', type: 'Subscription', metadata: null, abstractKey: null, argumentDefinitions: definitions, selections },
  operation: { kind: 'Operation', name: 'Changes', argumentDefinitions: definitions, selections },
  params: { id: null, cacheID: 'changes', name: 'Changes', operationKind: 'subscription', text: query, metadata: {} },
};

const unused = () => Observable.create(() => {});
const environment = new Environment({ network: Network.create(unused, subscribe), store: new Store(new RecordSource()) });
const onNext = ({ boardChanges }) => show(boardChanges);
requestSubscription(environment, { subscription: artifact, variables, onNext });
