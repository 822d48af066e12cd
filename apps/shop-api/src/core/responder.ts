/** Turns answers and problems into responses: the one place where the headers that every response has are set. */
import type { Answer } from './answer.ts';
import { toProblemBody, type ProblemError } from './problem.ts';
import type { RequestContext } from './request-context.ts';

export interface Responder {
  answer(answer: Answer, context: RequestContext): Response;
  refuse(problem: ProblemError, context: RequestContext): Response;
}

/** @param servedBy `<instance>@<zone>` */
export function createResponder(servedBy: string): Responder {
  const answer: Responder['answer'] = ({ status, body, text, headers }, { requestId }) =>
    new Response(text?.content ?? JSON.stringify(body), {
      status,
      headers: {
        'content-type': text?.contentType ?? 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-request-id': requestId,
        'x-served-by': servedBy,
        ...headers,
      },
    });
  return {
    answer,
    refuse: (problem, context) =>
      answer(
        {
          status: problem.status,
          headers: { 'content-type': 'application/problem+json', ...problem.headers },
          body: toProblemBody(problem, context.requestId),
        },
        context,
      ),
  };
}
