// The tablet asks whether the server is there before it leaves a page, so that nobody is led to the
// browser's own error page. While it is away the banner [data-offline] says so; a tap is carried
// out by itself once it is back, if that is soon, or can be made again.
const sign = document.querySelector("[data-offline]");
const url = sign?.dataset.offlineCheck;
const PATIENCE = 20000;
const EVERY = 3000;
const PROBE = 4000;
let passing = false;
let waiting = false;

async function alive() {
  try {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PROBE) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

async function whenAlive(go) {
  if (waiting) return;
  waiting = true;
  const since = Date.now();
  while (!(await alive())) {
    sign.hidden = false;
    sign.scrollIntoView({ block: "nearest" });
    // Later than this the person may have given up: what they tapped must not happen behind them.
    if (Date.now() - since > PATIENCE) {
      waiting = false;
      watch();
      return;
    }
    await new Promise((done) => setTimeout(done, EVERY));
  }
  sign.hidden = true;
  waiting = false;
  go();
}

async function watch() {
  while (!(await alive())) await new Promise((done) => setTimeout(done, EVERY));
  sign.hidden = true;
}

if (sign && url) {
  document.addEventListener("submit", (event) => {
    if (passing) return;
    event.preventDefault();
    const { target, submitter } = event;
    whenAlive(() => {
      passing = true;
      target.requestSubmit(submitter);
      passing = false;
    });
  }, { capture: true });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.origin !== location.origin) return;
    event.preventDefault();
    whenAlive(() => location.assign(link.href));
  });

  // The idle cover leaves by location.replace: without a server the page empties itself instead,
  // and goes on by itself once there is one.
  self.navigation?.addEventListener("navigate", (event) => {
    if (sign.hidden || !event.cancelable || event.navigationType !== "replace") return;
    event.preventDefault();
    const main = document.getElementById("main");
    for (const child of [...main.children]) if (child !== sign) child.remove();
    document.querySelector("[data-idle]")?.remove();
    document.querySelectorAll(".kiosk__head form").forEach((form) => form.remove());
    watch().then(() => location.assign(event.destination.url));
  });
}
