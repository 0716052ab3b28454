import { levelOf } from './level.js';

/** What the services of the platform write themselves begins so. */
const jsonHead = Buffer.from('{"level":"');
const QUOTE = 34;
const projectInUrl = /"url":"\/(?:v2|api\/v2\.0\/projects)\/([a-z0-9][a-z0-9._-]*)\//;
const projectField = /"project":"([a-z0-9][a-z0-9._-]*)"/;
/** The catalogue of repositories is no project. */
const noProjects = new Set(['_catalog']);
/** A name stands near the start; what clients send may make a line long. */
const headBytes = 2_048;

/** Labels that a line of JSON brings itself: its level, and the project that it is about. */
export function ownLabels(message: Buffer): { level?: string; project?: string } {
  if (!message.subarray(0, jsonHead.length).equals(jsonHead)) return {};
  const wordEnd = message.indexOf(QUOTE, jsonHead.length);
  const level = levelOf(message.toString('latin1', jsonHead.length, wordEnd));
  const head = message.toString('latin1', 0, headBytes);
  const project = (projectInUrl.exec(head) ?? projectField.exec(head))?.[1];
  return {
    ...(level === undefined ? {} : { level }),
    ...(project === undefined || noProjects.has(project) ? {} : { project }),
  };
}
