/**
 * The mask of our WebSocket frames: zeros, which both ends skip. RFC 6455 has clients mask so that what a browser's page
 * sends cannot look like HTTP to a proxy on the way; inside mutual TLS nothing on the way sees a byte, and XOR by each
 * byte was most of what an agent's CPU did with output (decision 0051). The buffer comes filled with zeros.
 */
export function noMask(mask: Buffer): void {
  mask.fill(0);
}
