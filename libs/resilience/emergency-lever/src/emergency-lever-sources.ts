/**
 * Sources for emergency levers: environment variables, a file, AWS AppConfig. What reads is handed in, so that this
 * file runs anywhere.
 *
 *     createEmergencyLevers({ levers, source: environmentSource(process.env) });
 *     createEmergencyLevers({ levers, source: fileSource((signal) => readFile(path, { encoding: 'utf8', signal })) });
 *     createEmergencyLevers({ levers, source: appConfigSource((signal) => fetch(url, { signal })) });
 *
 * Use the environment where a pull may take a restart, a file where something else delivers it (a mounted secret,
 * SSM), AppConfig where people pull: it has validation, roles, history and a rollback by alarm.
 */

/** Gives a whole configuration: values by lever, as they are or as texts. */
export type LeverSource = (context: {
  readonly signal: AbortSignal;
}) => Promise<Readonly<Record<string, unknown>>>;

/** Environment variables: LEVER_REPORTS_PERCENT is the lever `reports-percent`. They change with the process only. */
export const environmentSource =
  (environment: Readonly<Record<string, string | undefined>>, prefix = 'LEVER_'): LeverSource =>
  async () =>
    Object.fromEntries(
      Object.entries(environment)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length).toLowerCase().replaceAll('_', '-'), value]),
    );

/** A file with a JSON object: `fileSource((signal) => readFile(path, { encoding: 'utf8', signal }))`. */
export const fileSource =
  (readText: (signal: AbortSignal) => Promise<string>): LeverSource =>
  async ({ signal }) =>
    JSON.parse(await readText(signal)) as Record<string, unknown>;

/**
 * AWS AppConfig by its agent or Lambda extension: `appConfigSource((signal) => fetch(url, { signal }))` with the URL
 * `http://localhost:2772/applications/<a>/environments/<e>/configurations/<c>`. Free-form JSON is taken as it is; of a
 * feature flag its attribute `value` where it has one, else whether it is enabled.
 */
export const appConfigSource =
  (
    request: (
      signal: AbortSignal,
    ) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>,
  ): LeverSource =>
  async ({ signal }) => {
    const response = await request(signal);
    if (!response.ok) throw new Error(`AppConfig answered ${String(response.status)}`);
    const entries = Object.entries(
      (await response.json()) as Record<string, { enabled?: unknown; value?: unknown }>,
    );
    return Object.fromEntries(entries.map(([name, flag]) => [name, flag?.value ?? flag?.enabled ?? flag]));
  };
