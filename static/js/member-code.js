// <div data-member-code data-seconds="118" data-url="…" data-left-words data-offline-words>: says how
// long the code is good, and puts the next one in its place. The 换一个 button works without it.
const RETRY = 5000;

async function next(element) {
  const answer = await fetch(element.dataset.url, {
    headers: { "X-Requested-With": "fetch" },
    credentials: "same-origin",
    cache: "no-store",
  });
  if (answer.redirected) return location.reload(); // signed out meanwhile
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-member-code]");
  element.replaceWith(fresh);
  return watch(fresh);
}

function watch(element) {
  const left = element.querySelector("[data-left]");
  const until = Date.now() + Number(element.dataset.seconds) * 1000;
  const tick = async () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (seconds > 0) {
      left.textContent = element.dataset.leftWords.replace("{n}", String(seconds));
      setTimeout(tick, 1000);
    } else if (document.hidden) {
      document.addEventListener("visibilitychange", tick, { once: true });
    } else {
      try {
        await next(element);
      } catch {
        element.classList.add("code--spent");
        left.textContent = element.dataset.offlineWords;
        setTimeout(tick, RETRY);
      }
    }
  };
  tick();
}

document.querySelectorAll("[data-member-code]").forEach(watch);
