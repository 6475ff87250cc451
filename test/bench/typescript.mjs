// Lets node import this repository's TypeScript as it is: `node --import ./test/bench/typescript.mjs file.ts`.
import { register } from "node:module";

register("./typescript-hook.mjs", import.meta.url);
