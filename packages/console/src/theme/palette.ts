/**
 * Cal y añil: the whitewash and the indigo of houses in La Mancha, and the fire on a watchtower. `anil` is what one can
 * act upon, `cal` the neutrals by day, `noche` by night; the fire (`almenara`) is only for what is live.
 */
import type { MantineColorsTuple } from "@mantine/core";

export const anil: MantineColorsTuple = [
  "#eef1fb",
  "#dbe1f6",
  "#b9c5ee",
  "#a3b3ee",
  "#91a4f0",
  "#5468cc",
  "#4156b7",
  "#33459b",
  "#28377d",
  "#1b2457",
];

export const cal: MantineColorsTuple = [
  "#faf9f6",
  "#f3f1ec",
  "#e9e6df",
  "#dad6cd",
  "#c3beb2",
  "#8f897d",
  "#656057",
  "#4b4741",
  "#33302d",
  "#1e1c1b",
];

export const noche: MantineColorsTuple = [
  "#e6e8f2",
  "#c6cadb",
  "#a2a8c1",
  "#767e9c",
  "#3b4263",
  "#2c3250",
  "#1f2338",
  "#171a2b",
  "#11131f",
  "#0b0d16",
];

export const teja: MantineColorsTuple = [
  "#fdf0ec",
  "#fadcd3",
  "#f4b9a9",
  "#ee957c",
  "#f08a70",
  "#c4472a",
  "#b03f25",
  "#a83a21",
  "#872e1a",
  "#642213",
];
