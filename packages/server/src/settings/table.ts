/**
 * Words. A *setting* is what whoever runs the server may choose. Its name in `<data>/atalaya.toml` is `log-level`, in
 * the environment `ATALAYA_LOG_LEVEL`, in code `logLevel`. What is not set has its default; the environment wins.
 */
import type { z } from "zod";
import { logFormats, logLevels } from "../platform/log/index.ts";
import { domainName, issuer, hostNames, hostPorts, networks, optionalHostPorts } from "./address-values.ts";
import { accountRules, roleNames, roleRules } from "./rule-values.ts";
import {
  accountName,
  byteSize,
  fileTitle,
  folder,
  line,
  labels,
  onOff,
  oneOf,
  optionalPath,
  percentage,
  storeChoice,
  wholeNumber,
} from "./values.ts";

export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** As a person would write it. */
  readonly default: string;
  readonly sentence: string;
  readonly schema: Schema;
  /** Its value is never repeated, in no error and no log. */
  readonly secret?: true;
  /** What a list in the file is joined with; absent: a comma. */
  readonly listedWith?: string;
  /** Not in the file: without it the file is not found. */
  readonly environmentOnly?: true;
}

const days = wholeNumber(1, 36_500);

/** Every setting there is: parsing and the manual are made from this table. */
export const settingsTable = {
  listen: {
    default: "127.0.0.1:8443",
    schema: hostPorts,
    sentence:
      "Addresses to listen on, `host:port` or `[address]:port`, with commas. `0.0.0.0:8443` lets other machines reach the server.",
  },
  data: {
    default: "./.atalaya",
    schema: folder,
    environmentOnly: true,
    sentence: "Folder for everything the server keeps: keys, store, output. Back it up.",
  },
  store: {
    default: "embedded",
    schema: storeChoice,
    secret: true,
    sentence: "`embedded` (SQLite in the data folder), or the URL of a PostgreSQL database.",
  },
  backups: {
    default: "5",
    schema: wholeNumber(1, 1000),
    sentence: "How many copies of the embedded store are kept; one is made before each change of its schema.",
  },
  names: {
    default: "",
    schema: hostNames,
    sentence:
      "Further names and addresses by which machines reach this server: they go into its certificate and into the join line.",
  },
  towerListen: {
    default: "",
    schema: optionalHostPorts,
    sentence:
      "Addresses where old callers of a stormtower are served over plain HTTP, without tokens; `127.0.0.1:8020` is the original's port. Empty: nowhere.",
  },
  towerCallers: {
    default: "127.0.0.0/8, ::1",
    schema: networks,
    sentence: "Addresses and networks that are served there; others are refused.",
  },
  towerRole: {
    default: "viewer",
    schema: oneOf(["viewer", "operator"]),
    sentence: "The role of all who are served there.",
  },
  towerTlsListen: {
    default: "",
    schema: optionalHostPorts,
    sentence:
      "Addresses where programs with client certificates are served over TLS: `/minions` and what else a tower has. Empty: nowhere.",
  },
  towerClientCa: {
    default: "",
    schema: optionalPath,
    sentence: "PEM file of the CAs whose certificates are taken there.",
  },
  towerClients: {
    default: "",
    schema: roleRules,
    sentence:
      "Who they are by the CN of their certificates, with commas: `viewer:monitor.example.org`, or only for a place `operator:aula@site-a/aula-1`. Who is not named is refused.",
  },
  towerClientCrl: {
    default: "",
    schema: optionalPath,
    sentence:
      "File of these CAs' revocation lists (CRLs: PEM, or one in DER), followed when it changes. Whose certificate is on one is refused there, and cut off.",
  },
  towerActivation: {
    default: "off",
    schema: onOff,
    sentence:
      "Whether original agents may get their certificates over that plain HTTP, too, with their serial keys and tokens: readable to whoever hears the network, as with the original.",
  },
  legacyDigests: {
    default: "off",
    schema: onOff,
    sentence:
      "Checksums of `/minions` as the original counts them: of the list over the ids alone, of one minion without `os`. Off: they cover everything visible that does not change by itself.",
  },
  certificate: {
    default: "",
    schema: optionalPath,
    sentence:
      "PEM file of a certificate with its chain, as from a public CA, for visitors who ask for a name of it. Followed when it changes, and read again on SIGHUP. Agents, and whoever asks by another name, see the fleet's own.",
  },
  key: {
    default: "",
    schema: optionalPath,
    sentence: "PEM file of that certificate's key; without it, the key is in the certificate's file.",
  },
  user: {
    default: "",
    schema: accountName,
    sentence:
      "Account to run as. Root binds the addresses and becomes it, for good, before keys and store are opened; the data folder is made for it. The local agent then runs as it too.",
  },
  daemon: {
    default: "off",
    schema: onOff,
    sentence: "Whether the server leaves the terminal when it is ready, as with `atalaya server --daemon`.",
  },
  pidFile: {
    default: "",
    schema: optionalPath,
    sentence:
      "File that names the server's process, for `atalaya server status` and `stop`. In the background `server.pid` in the data folder, unless set; in the foreground none.",
  },
  logFile: {
    default: "",
    schema: optionalPath,
    sentence: "Where the log goes in the background: `server.log` in the data folder, unless set.",
  },
  logLevel: { default: "info", schema: oneOf(logLevels), sentence: "The least important lines that are logged." },
  logFormat: {
    default: "auto",
    schema: oneOf(logFormats),
    sentence: "`json` lines, `pretty` for people; `auto` is pretty at a terminal.",
  },
  roles: {
    default: "admin:root,admin:sudo,admin:wheel,user:*",
    schema: roleRules,
    sentence:
      "Who gets which role when they sign in: `role:group` or `role:group@place`, with commas. The first that fits decides; further ones of the same role add places. `*` is every account from uid 1000 on, `<provider>/<group>` a group of the identity provider.",
  },
  accounts: {
    default: "group:* -> {account}",
    schema: accountRules,
    listedWith: ";",
    sentence:
      "Whom people run commands as: `login -> account` or `login at selector -> account`, with semicolons; the first that fits the host decides. A login is `pam:ana`, `oidc:campus:*` or `group:students` (groups as in `roles`); an account is a name, `{account}` (the login's on this machine), `{name}` (behind the login's last colon) or `refuse`. By default accounts of this machine from uid 1000 on run as the same name everywhere.",
  },
  pamService: {
    default: "atalaya",
    schema: fileTitle,
    sentence:
      "PAM service that checks accounts of this machine, a file of `/etc/pam.d`. `atalaya` is made when root starts the server and it does not exist.",
  },
  pamHelpers: {
    default: "6",
    schema: wholeNumber(1, 64),
    sentence:
      "How many people's passwords are checked at once. Each takes a process of its own only while needed: about 36 MB, or 86 MB with what it shares with the server.",
  },
  pamSeconds: {
    default: "60",
    schema: wholeNumber(1, 600),
    sentence: "How long PAM's modules may take for one person; then the process that waits for them is killed.",
  },
  secondFactor: {
    default: "",
    schema: roleNames,
    sentence:
      "Roles that sign in by password only with a second factor, with commas. Others may set one up if they like.",
  },
  oidcIssuer: {
    default: "",
    schema: issuer,
    sentence:
      "Address of an identity provider (OpenID Connect), for sign-ins beside PAM. Register `https://<this server>/api/v1/sign-in/oidc/<name>/callback` there.",
  },
  oidcName: {
    default: "sso",
    schema: fileTitle,
    sentence: "What the provider is called in names and roles: `oidc:<name>:alice`, `operator:<name>/teachers`.",
  },
  oidcLabel: { default: "Single sign-on", schema: line, sentence: "What the sign-in page calls the provider." },
  oidcClientId: { default: "", schema: line, sentence: "What the provider calls this server." },
  oidcClientSecret: {
    default: "",
    schema: line,
    secret: true,
    sentence: "The secret it gave this server; without one, PKCE alone protects the exchange.",
  },
  oidcScopes: {
    default: "openid profile email",
    schema: line,
    sentence: "What is asked of the provider; `openid` is needed.",
  },
  oidcNameClaim: {
    default: "preferred_username",
    schema: line,
    sentence:
      "The claim that names people. Whoever comes first has a name: the provider giving it to somebody else lets them not in.",
  },
  oidcGroupsClaim: { default: "groups", schema: line, sentence: "The claim that lists people's groups." },
  oidcAccountClaim: {
    default: "",
    schema: line,
    sentence: "The claim that names people's accounts on machines. Empty: nobody of the provider has one.",
  },
  signInRoot: { default: "off", schema: onOff, sentence: "Whether root may sign in with its password." },
  sessionIdleMinutes: {
    default: "480",
    schema: wholeNumber(1, 525_600),
    sentence: "After so long without a request a browser's session ends.",
  },
  sessionHours: {
    default: "24",
    schema: wholeNumber(1, 8_760),
    sentence: "After so long a browser's session ends in any case.",
  },
  sessionKeyDays: {
    default: "30",
    schema: days,
    sentence:
      "How often the key that signs cookies is made anew. The one before it is believed until none of its cookies can be in use.",
  },
  discovery: {
    default: "auto",
    schema: oneOf(["auto", "on", "off"]),
    sentence:
      "Whether the server looks for machines in its networks (MarcoPolo on UDP 1337, DNS-SD on UDP 5353) and presents itself to agents that look for it. `auto`: while other machines can reach it.",
  },
  discoverySeconds: {
    default: "10",
    schema: wholeNumber(1, 3_600),
    sentence: "How often MarcoPolo's grids are asked who is there. Who does not answer three times has left.",
  },
  heartbeatSeconds: {
    default: "30",
    schema: wholeNumber(1, 600),
    sentence: "How often each link is tested. A link that is silent for two and a half times as long is dead.",
  },
  certificateDays: {
    default: "90",
    schema: wholeNumber(1, 825),
    sentence: "How long agents' certificates are valid. They renew themselves when a third of it is left.",
  },
  relayDomain: {
    default: "",
    schema: domainName,
    sentence:
      "Domain whose names lead browsers to web services of hosts, `https://pc-01--8080.<domain>/`: `*.<domain>` must lead to this server, and nothing else may use the domain. Unset: `relay.localhost` while only this machine reaches the server, otherwise none.",
  },
  relayListen: {
    default: "",
    schema: optionalHostPorts,
    sentence:
      "Addresses where plain HTTP is relayed by the header `stormbolt-target: HOST:PORT`, with API tokens: for programs of the original on this machine or a network that nobody else hears. Empty: nowhere.",
  },
  relaySeconds: {
    default: "60",
    schema: wholeNumber(1, 3_600),
    sentence: "How long a host may take to begin its answer to a relayed request.",
  },
  terminalIdleMinutes: {
    default: "60",
    schema: wholeNumber(0, 10_080),
    sentence: "A terminal in which no key was pressed for so long ends. 0: none does for that.",
  },
  terminalRecording: {
    default: "off",
    schema: onOff,
    sentence:
      "Whether what terminals show is recorded, as asciicasts in the data folder. Who opens one is told. What cannot be recorded then ends.",
  },
  terminalRecordingDays: { default: "90", schema: days, sentence: "How long recordings of terminals are kept." },
  outputDays: { default: "30", schema: days, sentence: "How long the output of runs is kept." },
  outputBytes: {
    default: "20GB",
    schema: byteSize,
    sentence: "How much output of runs is kept at most; the oldest goes first.",
  },
  blobBytes: {
    default: "50GB",
    schema: byteSize,
    sentence: "How much each user or API token may have uploaded at once, as for the standard input of commands.",
  },
  diskReserve: {
    default: "1GB",
    schema: byteSize,
    sentence: "What uploads leave free of the data folder's disk, so that the store can go on.",
  },
  jobsDays: { default: "365", schema: days, sentence: "How long finished jobs and their runs are kept." },
  historyDays: {
    default: "365",
    schema: days,
    sentence: "How long the history of hosts, such as their connects, is kept.",
  },
  historyEntries: {
    default: "1000000",
    schema: wholeNumber(1, 1_000_000_000),
    sentence: "How many entries of the history of hosts are kept at most; the oldest go first.",
  },
  auditDays: {
    default: "730",
    schema: wholeNumber(1, 36_500),
    sentence: "How long entries of the audit log are kept.",
  },
  linkHandshakesPerSecond: {
    default: "600",
    schema: wholeNumber(1, 100_000),
    sentence:
      "Full TLS handshakes of links a second; resumed ones count half. Links beyond it are told to come back; visitors are never turned away for it.",
  },
  linkHandshakesUnderWay: {
    default: "128",
    schema: wholeNumber(1, 100_000),
    sentence: "TLS handshakes of links under way at once.",
  },
  visitorsPerAddress: {
    default: "1024",
    schema: wholeNumber(1, 1_000_000),
    sentence: "Open connections of one address, links not counted.",
  },
  boltListen: {
    default: "",
    schema: optionalHostPorts,
    sentence:
      "Addresses for original stormbolt and stormflash agents (TLS 1.2, client certificates), as `0.0.0.0:443`. Empty: they are not let in.",
  },
  boltCertificate: {
    default: "",
    schema: optionalPath,
    sentence:
      "PEM file of the certificate that such agents are shown. Without one the server's own CA for them issues one (RSA).",
  },
  boltKey: {
    default: "",
    schema: optionalPath,
    sentence: "PEM file of that certificate's key; without it, the key is in the certificate's file.",
  },
  boltCa: {
    default: "",
    schema: optionalPath,
    sentence:
      "PEM file of further CAs whose agents are let in, as that of an earlier stormtracker, and whose servers are believed. The fleet's CA is never among them.",
  },
  boltCrl: {
    default: "",
    schema: optionalPath,
    sentence:
      "File of the revocation lists (CRLs: PEM, or one in DER) of those CAs, followed when it changes. Agents whose certificates are on one are refused and cut off.",
  },
  boltWeak: {
    default: "off",
    schema: onOff,
    sentence:
      "Whether such agents may come with certificates signed with SHA-1 or by short keys, as early trackers issued them.",
  },
  boltCertificateDays: {
    default: "825",
    schema: wholeNumber(1, 3_650),
    sentence: "How long certificates of activated stormbolt agents are valid. The originals never renew theirs.",
  },
  boltPollSeconds: {
    default: "15",
    schema: wholeNumber(1, 3_600),
    sentence:
      "How often each stormbolt agent is asked for its status (the original's `monitorInterval`), a seventh more or less.",
  },
  boltBeaconSeconds: {
    default: "45",
    schema: wholeNumber(2, 3_600),
    sentence: "A stormbolt agent that sends no beacon for so long is dropped. They send one every 10 s.",
  },
  boltUplinks: {
    default: "",
    schema: optionalHostPorts,
    sentence:
      "Servers of stormbolt to connect to as a client, `host:port` with commas. Their clients become hosts here, where the server lets its own HTTP port be reached (`allowedPorts`).",
  },
  boltUplinkCertificate: {
    default: "",
    schema: optionalPath,
    sentence: "PEM file of the client certificate to show to these servers.",
  },
  boltUplinkKey: {
    default: "",
    schema: optionalPath,
    sentence: "PEM file of its key; without it, the key is in the certificate's file.",
  },
  localAgent: {
    default: "on",
    schema: onOff,
    sentence: "Whether the server also runs an agent on its own machine.",
  },
  pending: {
    default: "on",
    schema: onOff,
    sentence: "Whether machines without a join token may ask to be accepted by a person.",
  },
  pendingLimit: {
    default: "1000",
    schema: wholeNumber(1, 1_000_000),
    sentence: "How many machines may wait to be accepted.",
  },
  confirmAbove: {
    default: "100",
    schema: wholeNumber(0, 10_000_000),
    sentence: "Jobs on more hosts than this must be confirmed with the number of hosts.",
  },
  guardLabShare: {
    default: "",
    schema: percentage,
    sentence: "Never more of one lab's hosts under a command at once than this, as in `20%`, over all jobs.",
  },
  guardApart: {
    default: "",
    schema: labels,
    sentence: "Labels, `key` or `key=value`, with commas: never two hosts that carry the same one at once.",
  },
  guardConcurrent: {
    default: "0",
    schema: wholeNumber(0, 10_000_000),
    sentence: "Never more hosts under a command at once than this, over all jobs; 0: no limit.",
  },
  drainSeconds: {
    default: "10",
    schema: wholeNumber(0, 3600),
    sentence: "How long a stop waits for requests and links to end by themselves.",
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof settingsTable;

/** What the rooms get their parts of. */
export type Settings = { readonly [Key in SettingKey]: z.output<(typeof settingsTable)[Key]["schema"]> };

export const settingKeys = Object.keys(settingsTable) as readonly SettingKey[];

/** `logLevel` → `log-level`. */
export function fileName(key: SettingKey): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `logLevel` → `ATALAYA_LOG_LEVEL`. */
export function variableName(key: SettingKey): string {
  return `ATALAYA_${fileName(key).replaceAll("-", "_").toUpperCase()}`;
}

/**
 * Variables of our other programs, which may stand in the same environment and are none of the server's.
 */
export const otherVariables: readonly string[] = [
  "ATALAYA_SERVER",
  "ATALAYA_TOKEN",
  "ATALAYA_CA",
  "ATALAYA_JOIN_TOKEN",
  "ATALAYA_PREFIX",
  "ATALAYA_URL",
];
export const otherPrefixes: readonly string[] = ["ATALAYA_AGENT_", "ATALAYA_CLI_", "ATALAYA_TEST_", "ATALAYA_BENCH_"];
