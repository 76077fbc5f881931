/** The environment that a tool reads: its own, or with `local` what the stack on this machine says of itself. */
export async function environmentOf(
  local: boolean,
  environment: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  if (!local) return environment;
  const url = `http://127.0.0.1:${environment['PORT'] ?? 4800}`;
  const answer = await fetch(`${url}/api/environment`).catch(() => undefined);
  if (!answer?.ok) {
    throw new Error(
      `--local: no stack answers at ${url}: is it running (npm start)? Set PORT if it is elsewhere.`,
    );
  }
  return { ...environment, ...((await answer.json()) as Record<string, string>) };
}
