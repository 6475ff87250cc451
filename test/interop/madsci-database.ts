/** Databases both programs read: MADSci's Python server 0.7.1 on a MongoDB database, and what a test of both needs. */
import { onTestFinished } from "vitest";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { type PythonServer, startPythonServer } from "./python-server.ts";
import { pythonWith } from "./venv.ts";

const python = await pythonWith("0.7.1");

/** Why there can be no such test here. */
export const skip = mongoSkip ?? ("missing" in python ? python.missing : undefined);

/** MADSci's server; it ends with the test. */
export async function pythonServer(database: string): Promise<PythonServer> {
  if ("missing" in python) throw new Error(python.missing);
  const server = await startPythonServer({ python: python.path, mongoUrl: String(mongoUrl), database });
  onTestFinished(() => server.stop());
  return server;
}

/** Name of a database that goes with the test. */
export function freshDatabase(): string {
  const database = newDatabase();
  onTestFinished(() => dropDatabase(database));
  return database;
}
