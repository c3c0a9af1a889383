/** What administrators are told of how this server runs. Pure. */
import { arch, release, type } from "node:os";
import type { ServerConfiguration } from "../domain/server/index.ts";
import type { HostPort, Settings, ToldSetting } from "../settings/index.ts";

export interface ToldConfiguration {
  readonly core: string;
  readonly file: string;
  readonly settings: readonly ToldSetting[];
}

export interface ConfigurationNeeds {
  readonly settings: Settings;
  /** Absent: whoever made the plane read no settings from anywhere. */
  readonly told: ToldConfiguration | undefined;
  /** What is bound. */
  readonly addresses: readonly HostPort[];
  readonly boltAddresses: readonly HostPort[];
  readonly relayDomain: string | undefined;
  readonly discovers: boolean;
}

export function configurationOf(needs: ConfigurationNeeds): ServerConfiguration {
  const { settings, told = { core: "", file: "", settings: [] } } = needs;
  return {
    core: told.core,
    node: process.version,
    system: `${type()} ${release()} ${arch()}`,
    data: settings.data,
    file: told.file,
    doors: [
      { door: "public", at: needs.addresses.map(text) },
      { door: "bolt", at: needs.boltAddresses.map(text) },
      { door: "bolt-uplinks", at: settings.boltUplinks.map(text) },
      { door: "tower", at: settings.towerListen.map(text) },
      { door: "tower-tls", at: settings.towerTlsListen.map(text) },
      { door: "relay", at: settings.relayListen.map(text) },
      { door: "relay-domain", at: needs.relayDomain === undefined ? [] : [`*.${needs.relayDomain}`] },
      { door: "discovery", at: needs.discovers ? ["udp 1337", "udp 5353"] : [] },
    ],
    settings: [...told.settings],
  };
}

function text({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
