/**
 * The application of the instances under test: answers every request with its environment, and ends as the
 * variable ON_SIGTERM says (`ignore`, or the path of a note to write before it exits).
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { HOST, PORT, ON_SIGTERM } = process.env;

if (ON_SIGTERM !== undefined) {
  process.on('SIGTERM', () => {
    if (ON_SIGTERM === 'ignore') return;
    writeFileSync(ON_SIGTERM, 'asked to end');
    process.exit(0);
  });
}

createServer((request, response) => {
  if (request.url === '/exit') process.exit(0);
  response.end(JSON.stringify({ pid: process.pid, environment: process.env }));
}).listen(Number(PORT), HOST, () => process.stdout.write('listening\n'));
