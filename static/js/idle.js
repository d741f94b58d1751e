// A shared tablet left alone: after data-idle-after seconds [data-idle] covers the screen and counts
// data-idle-count down, then leaves by location.replace, so that the back button finds nothing.
const cover = document.querySelector("[data-idle]");

if (cover) {
  const after = Number(cover.dataset.idleAfter) * 1000;
  const count = Number(cover.dataset.idleCount) * 1000;
  const figure = cover.querySelector("[data-idle-left]");
  let touched = Date.now();

  // Once only: asking again would begin the journey anew each time, and on a slow line never end.
  let leaving = false;
  const leave = () => {
    if (leaving) return;
    leaving = true;
    location.replace(cover.dataset.idleUrl);
  };
  const stay = () => {
    touched = Date.now();
    cover.hidden = true;
  };
  for (const kind of ["pointerdown", "keydown", "input"]) {
    addEventListener(kind, () => {
      if (cover.hidden) touched = Date.now();
    }, { capture: true, passive: true });
  }
  cover.querySelector("[data-idle-stay]").addEventListener("click", stay);

  // By the wall clock, not by counted ticks: a sleeping tablet wakes up already over its time.
  setInterval(() => {
    const quiet = Date.now() - touched;
    if (quiet >= after + count) leave();
    else if (quiet >= after) {
      figure.textContent = String(Math.ceil((after + count - quiet) / 1000));
      if (cover.hidden) {
        cover.hidden = false;
        cover.querySelector("[data-idle-stay]").focus();
      }
    }
  }, 250);
  // A page kept by the browser for its back button belongs to the person before.
  addEventListener("pageshow", (event) => {
    if (event.persisted) leave();
  });
}
