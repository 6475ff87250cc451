// HEALTHCHECK of the image: 0 when the server can do its work, database and all, else 1 and the reason.
const url = process.env.HEALTH_URL ?? "http://127.0.0.1:8001/ready";
const LIMIT_MS = 4000;

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  console.log(answer.status, (await answer.text()).slice(0, 1000));
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(error.cause?.code ?? error.message);
  process.exitCode = 1;
}
