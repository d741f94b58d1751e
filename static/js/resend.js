// <button data-resend-in="42" data-wait-words="… {n} …"><span data-words>…</span></button>: counts the
// seconds until a code may be sent again. Without it the server says the same in a sentence.
for (const button of document.querySelectorAll("[data-resend-in]")) {
  const words = button.querySelector("[data-words]");
  const ready = words.textContent;
  const until = Date.now() + Number(button.dataset.resendIn) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    words.textContent = left > 0 ? button.dataset.waitWords.replace("{n}", String(left)) : ready;
    if (left > 0) setTimeout(tick, 500);
  };
  tick();
}
