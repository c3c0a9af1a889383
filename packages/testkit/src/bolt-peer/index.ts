/**
 * The foreign side of bolts, for tests: a *peer* is an agent, a *tower* a server of the originals. Both speak the wire
 * as it was recorded, over real TLS 1.2 with RSA certificates.
 */
export { boltCsr, rsaTestAuthority, type CsrWish, type RsaTestAuthority } from "./identities.ts";
export { boltPeer, type BoltIdentity, type BoltPeer, type BoltPeerOptions } from "./peer.ts";
export { boltTower, type BoltTower, type BoltTowerOptions } from "./tower.ts";
export type { Relayed } from "./relayed.ts";
export type { Wire, WireStream } from "./wire.ts";
export { activate, type Activated } from "./activation.ts";
