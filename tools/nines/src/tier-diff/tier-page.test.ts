import { expect, it } from 'vitest';
import { readTierPage } from './tier-page.ts';

const PAGE = `# 99.9% on servers

| part  | count |
| ----- | ----- |
| alarm | 13    |

### 1. Monitor resources

| promise              | fulfilled by                        | how              |
| -------------------- | ----------------------------------- | ---------------- |
| Alerts on outage     | \`OutageAlarm\` CloudWatch::Alarm     | no server ready  |
|                      | [outage.md](../playbooks/outage.md) | where to look    |
| Logs \\| aggregated   | \`ServerLogs\` Logs::LogGroup         | every line       |

### 2. Implement change

| promise  | fulfilled by                       | how      |
| -------- | ---------------------------------- | -------- |
| Rollback | \`npx cdk deploy nines-three-nines\` | by hand  |
`;

it('a page is its topics, each with its promises and what fulfils them', () => {
  expect(readTierPage(PAGE)).toEqual([
    {
      name: 'Monitor resources',
      promises: [
        { promise: 'Alerts on outage', fulfilledBy: ['OutageAlarm', 'outage.md'] },
        { promise: 'Logs \\| aggregated', fulfilledBy: ['ServerLogs'] },
      ],
    },
    {
      name: 'Implement change',
      promises: [{ promise: 'Rollback', fulfilledBy: ['npx cdk deploy nines-three-nines'] }],
    },
  ]);
});

it('a page without topics has none', () => {
  expect(readTierPage('# Nothing\n\n| promise | how |\n')).toEqual([]);
});
