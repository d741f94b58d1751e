// Says in words that the network is away ([data-offline]) and takes it back; keeps [data-wall-clock].
// data-offline-check="/livez" on the element also asks the server now and then.
const sign = document.querySelector("[data-offline]");
const clock = document.querySelector("[data-wall-clock]");
const EVERY = 15000;

async function check() {
  let away = !navigator.onLine;
  const url = sign.dataset.offlineCheck;
  if (!away && url) {
    try {
      away = (await fetch(url, { cache: "no-store" })).status >= 500;
    } catch {
      away = true;
    }
  }
  sign.hidden = !away;
}

if (sign) {
  addEventListener("online", check);
  addEventListener("offline", check);
  check();
  setInterval(check, EVERY);
}
if (clock) {
  const tell = () => {
    const now = new Date();
    clock.textContent = `${now.getHours()}`.padStart(2, "0") + ":" + `${now.getMinutes()}`.padStart(2, "0");
  };
  tell();
  setInterval(tell, EVERY);
}
