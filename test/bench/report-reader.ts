/** Asks for a report again and again until standard input ends. Prints how many there were. */
const [url = ""] = process.argv.slice(2);
let goesOn = true;
process.stdin.resume().once("end", () => {
  goesOn = false;
});
let reports = 0;
for (; goesOn; reports++) {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok || text.startsWith('{"error"')) throw new Error(`${url}: ${answer.status} ${text.slice(0, 200)}`);
}
console.log(JSON.stringify(reports));
