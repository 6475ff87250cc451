/** How sessions, workcells, nodes and experiments are called in reports. Source: MADSci 0.7.1, spec section 4.1. */
import type { Experiment, LabNode, Session } from "./types.ts";

const lastEight = (id: string) => id.slice(-8);

const TYPE_WORDS = { lab: "Lab", workcell: "Workcell", system: "System" } as const;

export function sessionName({ type, name, id }: Session): string {
  if (type === "default_analysis") return "Complete Database Analysis";
  return name ?? `${TYPE_WORDS[type]} ${lastEight(id)}`;
}

/** In reports by period everything that has sessions is called a workcell. */
export function workcellName({ name, id }: Pick<Session, "name" | "id">): string {
  return name ?? `Workcell ${lastEight(id)}`;
}

export function workcellDisplay(name: string, id: string): string {
  if (name.startsWith("Workcell ") && name.includes(lastEight(id))) return name;
  return `${name} (${lastEight(id)})`;
}

export function nodeDisplay({ name, id }: Pick<LabNode, "name" | "id">): string {
  if (name === null) return `Node ${lastEight(id)}`;
  return name === id ? name : `${name} (${lastEight(id)})`;
}

export function experimentDisplay({ name, id }: Pick<Experiment, "name" | "id">): string {
  return name ?? `Experiment ${lastEight(id)}`;
}
