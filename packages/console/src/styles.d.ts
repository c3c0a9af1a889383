/** Fonts come as style sheets without types. */
declare module "@fontsource-variable/archivo/wdth.css";
declare module "@fontsource-variable/jetbrains-mono/wght.css";
