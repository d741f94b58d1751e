// <div data-poll-url="…" data-pending>: asks until the answered fragment has no data-pending, and
// puts it in the element's place. Every 2 s, slower after failures, not while hidden, 3 min at most.
const EVERY = 2000;
const SLOWEST = 20000;
const GIVE_UP = 180000;

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
}
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

async function watch(element) {
  const began = Date.now();
  let wait = EVERY;
  while (element.isConnected && element.hasAttribute("data-pending") && Date.now() - began < GIVE_UP) {
    await pause(wait);
    await visible();
    try {
      const answer = await fetch(element.dataset.pollUrl, {
        headers: { "X-Requested-With": "fetch" },
        credentials: "same-origin",
      });
      if (answer.status === 403 || answer.status === 404 || answer.redirected) return;
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-poll-url]") ?? page.body.firstElementChild;
      wait = EVERY;
      if (!fresh) return;
      // Nothing new: leave the element alone, so that a reader is not interrupted.
      if (fresh.outerHTML !== element.outerHTML) {
        element.replaceWith(fresh);
        element = fresh;
        fresh.dispatchEvent(new CustomEvent("poll:replaced", { bubbles: true }));
      }
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
    }
  }
}

document.querySelectorAll("[data-poll-url][data-pending]").forEach(watch);
