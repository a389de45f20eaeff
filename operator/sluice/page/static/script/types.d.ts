// What the server sends: see `feeds` and `look` beside it.

/** A run, as a row of a list. */
export interface RunRow {
  uid: string;
  namespace: string;
  name: string;
  workflow: string;
  phase: string;
  progress: string;
  createdAt: string;
  startedAt: string;
  finishedAt: string;
  why: string;
  child: boolean;
  labels: Record<string, string>;
}

/** A Workflow, as a row of a list. */
export interface WorkflowRow {
  uid: string;
  namespace: string;
  name: string;
  refused: boolean;
  suspended: boolean;
  next: string;
  why: string;
}

export interface Pool {
  uid: string;
  namespace: string;
  name: string;
  spec: { slots?: number; heldBy?: string; description?: string };
  status: { used?: number; waiting?: number; holders?: string[]; waiters?: { name: string; since: string }[] };
}

/** A run without its tasks. */
export interface Run {
  metadata: { name: string; namespace: string; uid: string; creationTimestamp: string };
  spec: { workflow?: string; state?: string; arguments?: Record<string, unknown>; resumeFrom?: { run: string } };
  status: {
    phase?: string;
    progress?: string;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
    time?: Record<string, string>;
    revision?: string;
  };
}

/** How a task stands: its entry in the run's status. */
export interface Entry {
  phase: string;
  attempt?: number;
  startedAt?: string;
  finishedAt?: string;
  reason?: string;
  message?: string;
  exitCode?: number;
  pod?: string;
  run?: string;
  progress?: string;
  items?: Record<string, any>;
}

/** What a task is, in the run's frozen graph. */
export interface Task {
  name: string;
  kind: string;
  group: string;
  final: boolean;
  fanOut: boolean;
  dependsOn: string[];
}

/** A line of a log, or a part of a very long one, which counts as a line: whose, when, what. */
export type Piece = [string, string, string];

export interface Answer {
  answer: string;
  facts: { label: string; text: string }[];
  commands: { line: string; effect: string }[];
  unseen: string[];
}

export interface Who {
  user: string;
  server: string;
  namespace: string;
  namespaces: string[];
}

export interface Parameter {
  name: string;
  type?: string;
  default?: unknown;
  enum?: unknown[];
  description?: string;
}

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One task, or several that are folded into one. */
export interface Box extends Rectangle {
  key: string;
  label: string;
  tasks: string[];
  cellsPerRow: number;
}

/** Where the tasks of a run are drawn. */
export interface Picture {
  width: number;
  height: number;
  boxes: Box[];
  frames: (Rectangle & { label: string })[];
  joints: { x: number; y: number }[];
  paths: { whole: boolean; path: string }[];
  implied: [string, string][];
  lines: { source: string; target: string; path: string }[];
}

interface HowEnded {
  phase: string;
  words: string;
}

/** What differs between two runs. */
export interface Difference {
  runs: [string, string];
  differences: { label: string; before: string; after: string; words: string }[];
  tasks: { name: string; before: HowEnded | null; after: HowEnded | null }[];
  unseen: string[];
}

/** What the time of a task went to, from when until when: seconds since the run's start. */
export type Part = [string, number, number];

export interface Bar {
  task: string;
  parts: Part[];
}

export interface Timeline {
  bars: Bar[];
  /** So far; null if the run has not started. */
  took: number | null;
  pools: string[];
  unseen: string[];
}

/** A run under other limits. */
export interface Replay {
  words: string;
  bars: Record<string, Part[]>;
  took: number;
  guesses: string[];
}

/** What a Workflow is. */
export interface Workflow {
  tasks: string[];
  parameters: Parameter[];
  schedule: Record<string, string | string[]>;
  suspended: boolean;
  next: string[];
}

/** What a new run would do. */
export interface Plan {
  words: string;
  tasks: { name: string; does: string }[];
  facts: { label: string; text: string }[];
  unseen: string[];
}

export interface Backfill {
  uid: string;
  namespace: string;
  name: string;
  createdAt: string;
  spec: { workflow: string; from: string; until: string; state?: string };
  status: { phase?: string; progress?: string; message?: string };
}

/** A time of a Backfill: its day, the time of day, how it stands, its run or "", and whether the Backfill made that. */
export type Dated = [string, string, string, string, boolean];
