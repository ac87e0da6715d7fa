/** The shelf: ready documents, each a file `shelf/GROUP/NAME.graphql`, with its variables in a JSON file beside it. */

import { post } from './api';
import { token } from './session';
import VALUES from '../shelf/values.graphql?raw';

export interface ReadyDocument {
  group: string;
  /** The first line of its comment, and the rest of it. */
  title: string;
  about: string;
  query: string;
  /** As they are in the file: `$job`, `$today-7` stand for what is filled in. */
  variables: Record<string, unknown>;
}

const texts = import.meta.glob<string>('../shelf/*/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<Record<string, unknown>>('../shelf/*/*.json', { import: 'default', eager: true });

export const shelf: ReadyDocument[] = Object.entries(texts).map(([path, text]) => {
  const group = path.split('/').at(-2) ?? '';
  const comment = text.match(/^(#.*\n)*/)![0];
  const [title = '', ...about] = comment.split('\n').map((line) => line.replace(/^# ?/, ''));
  return {
    group: group.charAt(0).toUpperCase() + group.slice(1),
    title,
    about: about.join(' ').trim(),
    query: text,
    variables: variables[path.replace(/\.graphql$/, '.json')] ?? {},
  };
});

const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];
const DAY = 86_400_000;
const PLACE = /^\$([a-zA-Z]+)([+-]\d+)?$/;

/** The variables of a document, filled with what the viewer sees. */
export async function filled({ variables }: ReadyDocument): Promise<Record<string, unknown>> {
  if (!Object.values(variables).some((value) => typeof value === 'string' && PLACE.test(value))) return variables;
  const { answer } = await post({ query: VALUES }, await token());
  const known = valuesIn(answer.data);
  const fill = ([name, value]: [string, unknown]) => [name, typeof value === 'string' ? place(value, known) : value];
  return Object.fromEntries(Object.entries(variables).map(fill as never));
}

function valuesIn(data: any): Record<string, string | undefined> {
  const { today, weekStart } = data.viewer.firm;
  const since = (new Date(today).getUTCDay() - DAYS.indexOf(weekStart) + 7) % 7;
  const [job] = data.jobs.nodes;
  return {
    me: data.viewer.member.id,
    pipeline: data.pipelines.nodes[0]?.id,
    job: job?.id,
    account: job?.account?.id,
    today,
    weekStart: moved(today, -since),
  };
}

function place(value: string, known: Record<string, string | undefined>): unknown {
  const [, name = '', days] = value.match(PLACE) ?? [];
  if (!(name in known)) return value;
  const found = known[name] ?? null;
  return found !== null && days ? moved(found, Number(days)) : found;
}

/** So many days after a day. */
const moved = (day: string, by: number): string => new Date(Date.parse(day) + by * DAY).toISOString().slice(0, 10);
