import { UsageError } from "./session.ts";

export interface RolloutOptions {
  readonly wave?: string;
  readonly canary?: string;
  readonly failures?: string;
  readonly concurrent?: string;
  readonly labShare?: string;
  readonly apart: readonly string[];
}

export interface Policy {
  wave?: number | string;
  canary?: number | string;
  failureBudget?: number | string;
  maxConcurrent?: number;
  labShare?: string;
  apart?: string[];
}

/** The job's policy; undefined when nothing was asked. */
export function policyOf({ wave, canary, failures, concurrent, labShare, apart }: RolloutOptions): Policy | undefined {
  const policy: Policy = {};
  if (wave !== undefined) policy.wave = share("--wave", wave);
  if (canary !== undefined) policy.canary = share("--canary", canary);
  if (failures !== undefined) policy.failureBudget = share("--failures", failures);
  if (concurrent !== undefined) policy.maxConcurrent = count("--concurrent", concurrent);
  if (labShare !== undefined) policy.labShare = percent("--lab-share", labShare);
  if (apart.length > 0) policy.apart = [...apart];
  return Object.keys(policy).length === 0 ? undefined : policy;
}

function share(option: string, text: string): number | string {
  return text.endsWith("%") ? percent(option, text) : count(option, text);
}

function percent(option: string, text: string): string {
  if (!/^(100|[1-9]?\d)%$/.test(text)) throw new UsageError(`${option}: ${text} is no percentage such as 25%`);
  return text;
}

function count(option: string, text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new UsageError(`${option}: ${text} is neither a number nor a percentage`);
  return Number(text);
}
