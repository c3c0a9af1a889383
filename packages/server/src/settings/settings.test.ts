import type { AtalayaError } from "@atalaya/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dataFolder, parseSettings, settingsReference, toldSettings } from "./index.ts";
import { fileName, settingKeys, variableName } from "./table.ts";

function wrongOf(sources: Parameters<typeof parseSettings>[0]): AtalayaError {
  try {
    parseSettings(sources);
  } catch (error) {
    return error as AtalayaError;
  }
  throw new Error("nothing was wrong");
}

test("with nothing said, every setting has its default", () => {
  expect(parseSettings({ env: {} })).toEqual({
    listen: [{ host: "127.0.0.1", port: 8443 }],
    accounts: [{ group: "*", account: "{account}" }],
    boltBeaconSeconds: 45,
    boltCa: undefined,
    boltCertificate: undefined,
    boltCrl: undefined,
    boltCertificateDays: 825,
    boltKey: undefined,
    boltListen: [],
    boltPollSeconds: 15,
    boltUplinkCertificate: undefined,
    boltUplinkKey: undefined,
    boltUplinks: [],
    boltWeak: false,
    auditDays: 730,
    data: "./.atalaya",
    backups: 5,
    blobBytes: 50_000_000_000,
    discovery: "auto",
    discoverySeconds: 10,
    diskReserve: 1_000_000_000,
    store: { kind: "embedded" },
    names: [],
    towerListen: [],
    towerCallers: [
      { address: "127.0.0.0", prefix: 8, family: "ipv4" },
      { address: "::1", prefix: 128, family: "ipv6" },
    ],
    towerRole: "viewer",
    towerTlsListen: [],
    towerClientCa: undefined,
    towerClientCrl: undefined,
    towerActivation: false,
    towerClients: [],
    legacyDigests: false,
    certificate: undefined,
    key: undefined,
    relayDomain: undefined,
    relayListen: [],
    relaySeconds: 60,
    terminalIdleMinutes: 60,
    terminalRecording: false,
    terminalRecordingDays: 90,
    user: undefined,
    daemon: false,
    pidFile: undefined,
    logFile: undefined,
    logLevel: "info",
    logFormat: "auto",
    heartbeatSeconds: 30,
    certificateDays: 90,
    outputDays: 30,
    outputBytes: 20e9,
    jobsDays: 365,
    historyDays: 365,
    historyEntries: 1_000_000,
    linkHandshakesPerSecond: 600,
    linkHandshakesUnderWay: 128,
    visitorsPerAddress: 1024,
    localAgent: true,
    pending: true,
    pendingLimit: 1000,
    roles: [
      { role: "admin", group: "root" },
      { role: "admin", group: "sudo" },
      { role: "admin", group: "wheel" },
      { role: "user", group: "*" },
    ],
    pamService: "atalaya",
    pamHelpers: 6,
    pamSeconds: 60,
    secondFactor: [],
    oidcIssuer: undefined,
    oidcName: "sso",
    oidcLabel: "Single sign-on",
    oidcClientId: undefined,
    oidcClientSecret: undefined,
    oidcScopes: "openid profile email",
    oidcNameClaim: "preferred_username",
    oidcGroupsClaim: "groups",
    oidcAccountClaim: undefined,
    signInRoot: false,
    sessionIdleMinutes: 480,
    sessionHours: 24,
    sessionKeyDays: 30,
    confirmAbove: 100,
    guardLabShare: undefined,
    guardApart: [],
    guardConcurrent: 0,
    drainSeconds: 10,
  });
});

test("the environment wins over the file, the file over the default", () => {
  const file = {
    path: "atalaya.toml",
    text: 'listen = ["0.0.0.0:443", "[::1]:443"]\nheartbeat-seconds = 5\nlocal-agent = false\noutput-bytes = "1.5 GiB"\n',
  };
  const settings = parseSettings({
    env: { ATALAYA_HEARTBEAT_SECONDS: "7", ATALAYA_NAMES: "tower.example.org, [fd00::1]", PATH: "/bin" },
    file,
  });
  expect(settings.listen).toEqual([
    { host: "0.0.0.0", port: 443 },
    { host: "::1", port: 443 },
  ]);
  expect(settings.heartbeatSeconds).toBe(7);
  expect(settings.localAgent).toBe(false);
  expect(settings.outputBytes).toBe(1.5 * 2 ** 30);
  expect(settings.names).toEqual(["tower.example.org", "fd00::1"]);
});

test("each setting is told as it was written and whence it is, and what is secret is only named", () => {
  const told = toldSettings({
    env: { ATALAYA_STORE: "postgres://a:secret@db/x", ATALAYA_LOG_LEVEL: "debug", ATALAYA_NAMES: "" },
    file: {
      path: "f",
      text: 'log-level = "warn"\nlisten = ["0.0.0.0:443", "[::1]:443"]\noidc-client-secret = "hush"\n',
    },
  });
  expect(told.map(({ name }) => name)).toEqual(settingKeys.map(fileName));
  const of = (name: string) => {
    const { origin, value, secret } = told.find((each) => each.name === name)!;
    return [origin, value, secret];
  };
  expect(of("store")).toEqual(["environment", undefined, true]);
  expect(of("oidc-client-secret")).toEqual(["file", undefined, true]);
  expect(of("log-level")).toEqual(["environment", "debug", false]);
  expect(of("listen")).toEqual(["file", "0.0.0.0:443,[::1]:443", false]);
  expect(of("names")).toEqual(["default", "", false]);
  expect(JSON.stringify(told)).not.toMatch(/hush|a:secret/);
});

test("the value cannot be changed by who gets it", () => {
  const settings = parseSettings({ env: {} });
  expect(Object.isFrozen(settings) && Object.isFrozen(settings.listen) && Object.isFrozen(settings.listen[0])).toBe(
    true,
  );
});

test("every wrong setting of both sources is named in one error", () => {
  const error = wrongOf({
    env: {
      ATALAYA_LISTEN: "::1:8443, localhost",
      ATALAYA_LOG_LEVEL: "loud",
      ATALAYA_LISTN: "x",
      ATALAYA_BOGUS: "x",
      ATALAYA_TOKEN: "the CLI's",
      ATALAYA_TEST_ROUNDS: "3",
    },
    file: {
      path: "/d/atalaya.toml",
      text: 'certificate-days = 0\nconfirm-abov = 3\ndata = "/x"\n[store]\nurl = "x"\n',
    },
  });
  expect(error).toMatchObject({ code: "settings.wrong", next: expect.stringContaining("settings.md") });
  expect(error.message.split("\n")).toEqual([
    "9 settings are wrong:",
    "  confirm-abov in /d/atalaya.toml: is no setting: did you mean confirm-above?",
    "  data in /d/atalaya.toml: can only be set as ATALAYA_DATA",
    "  store in /d/atalaya.toml: is neither text, number, true or false, nor a list of these",
    "  ATALAYA_LISTN: is no setting: did you mean ATALAYA_LISTEN?",
    "  ATALAYA_BOGUS: is no setting",
    '  ATALAYA_LISTEN: "::1:8443" needs brackets: [address]:port',
    '  ATALAYA_LISTEN: "localhost" is not host:port',
    '  ATALAYA_LOG_LEVEL: "loud" is none of `silent`, `fatal`, `error`, `warn`, `info`, `debug`, `trace`',
    '  certificate-days in /d/atalaya.toml: "0" is no whole number from 1 to 825',
  ]);
});

test("a file that is no TOML is named with the line that is wrong", () => {
  const text = "confirm-above = 3\n\nx = = 1\n";
  expect(wrongOf({ env: {}, file: { path: "a.toml", text } }).message).toMatch(
    /a\.toml: is no TOML: line 3, column \d+: \w/,
  );
});

test("a password in the store's URL is never repeated", () => {
  expect(parseSettings({ env: { ATALAYA_STORE: "postgres://a:secret@db/x" } }).store).toEqual({
    kind: "postgres",
    url: "postgres://a:secret@db/x",
  });
  const error = wrongOf({ env: { ATALAYA_STORE: "mysql://a:secret@db/x" } });
  expect(JSON.stringify([error.message, error.details])).not.toContain("secret");
});

test.each([
  "256.0.0.1:1",
  "1.2.3:80",
  "host:99999",
  ":8443",
  "[1.2.3.4]:80",
  "a b:1",
  "-x:1",
  "",
  "127.0.0.1:1,127.0.0.1:1",
])("%j is no list of addresses", (text) => {
  expect(wrongOf({ env: {}, file: { path: "f", text: `listen = ${JSON.stringify(text)}` } }).code).toBe(
    "settings.wrong",
  );
});

test("whatever stands in the environment, the answer is settings or one error with every reason", () => {
  const env = fc.dictionary(
    fc.constantFrom(...settingKeys.map(variableName)),
    fc.oneof(fc.string(), fc.constantFrom("on", "12", "[::1]:1", "info")),
  );
  fc.assert(
    fc.property(env, fc.string(), (variables, text) => {
      try {
        parseSettings({ env: variables, file: { path: "f", text } });
      } catch (error) {
        expect(error).toMatchObject({ code: "settings.wrong" });
      }
    }),
  );
});

test("the data folder is known before the rest", () => {
  expect([dataFolder({}), dataFolder({ ATALAYA_DATA: "" }), dataFolder({ ATALAYA_DATA: "/srv/a" })]).toEqual([
    "./.atalaya",
    "./.atalaya",
    "/srv/a",
  ]);
});

test("the manual names every setting", () => {
  const page = settingsReference();
  for (const key of settingKeys) expect(page).toContain(`| \`${variableName(key)}\` |`);
});

test("roles are given to groups, everywhere or at a place whose name may hold spaces", () => {
  const roles = (text: string) => parseSettings({ env: { ATALAYA_ROLES: text } }).roles;
  expect(roles("operator:teachers@centro/aula 1, viewer:campus/staff")).toEqual([
    { role: "operator", group: "teachers", place: "centro/aula 1" },
    { role: "viewer", group: "campus/staff" },
  ]);
  expect(() => roles("king:sudo,operator,viewer:x@/")).toThrow(
    /"king:sudo" begins with "king", which is none of .*\n.*"operator" is not role:group.*\n.*"viewer:x@\/" names no place/,
  );
});
