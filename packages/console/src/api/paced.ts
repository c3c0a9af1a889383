/** Told often, does seldom: at most once a frame, and never so often that it would take more than a quarter of the time. */
export function paced(work: () => void): { readonly ask: () => void; readonly stop: () => void } {
  let asked = false;
  let notBefore = 0;
  let stopped = false;
  const run = () => {
    asked = false;
    if (stopped) return;
    const began = performance.now();
    work();
    const ended = performance.now();
    notBefore = ended + 3 * (ended - began);
  };
  return {
    ask() {
      if (asked || stopped) return;
      asked = true;
      const wait = notBefore - performance.now();
      // A tab that nobody sees draws no frames, and must not pile up what waits for one.
      if (wait > 16 || document.hidden) setTimeout(run, Math.max(wait, 100));
      else requestAnimationFrame(run);
    },
    stop() {
      stopped = true;
    },
  };
}
