// <span data-clock><time data-due="seconds" data-since="seconds" data-left-minutes="还剩 {n} 分钟" …>
// keeps the words true, and turns amber when 80 % of the time is gone and red when all of it is.
const UNITS = [["Days", 86400], ["Hours", 3600], ["Minutes", 60]];

export function look(due, since, now) {
  const left = due - now;
  const span = Math.max(due - since, 1);
  const state = left <= 0 ? "late" : (now - since) / span >= 0.8 ? "amber" : "ok";
  const size = Math.abs(left);
  // Two days and more are told in days, two hours and more in hours.
  const [unit, seconds] = UNITS.find(([, each]) => size >= 2 * each) ?? UNITS[2];
  const n = left > 0 ? Math.ceil(size / seconds) : Math.max(1, Math.floor(size / seconds));
  return { state, key: (left > 0 ? "left" : "late") + unit, n };
}

function tick() {
  const now = Date.now() / 1000;
  for (const time of document.querySelectorAll("[data-clock] time[data-due]")) {
    const { state, key, n } = look(Number(time.dataset.due), Number(time.dataset.since), now);
    const words = time.dataset[key]?.replace("{n}", String(n));
    if (words && time.textContent !== words) time.textContent = words;
    const clock = time.closest("[data-clock]");
    clock.classList.remove("clock--ok", "clock--amber", "clock--late");
    clock.classList.add(`clock--${state}`);
  }
}

tick();
setInterval(tick, 15000);
document.addEventListener("poll:replaced", tick);
