/**
 * The listening socket that systemd keeps and hands to the process (sd_listen_fds(3), `LISTEN_FDS`): whoever connects
 * while the process is started again waits in its queue instead of being refused.
 */

/** The first one, after standard input, output and error. */
const FIRST_INHERITED = 3;

/**
 * The descriptor of the socket to listen on; undefined where the process has to open one of its own.
 *
 * @param pid of this process: variables that were meant for another, and inherited from it, name no socket of ours.
 */
export function inheritedSocket(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  const { LISTEN_PID: meantFor, LISTEN_FDS: count } = environment;
  return meantFor === String(pid) && Number(count) >= 1 ? FIRST_INHERITED : undefined;
}
