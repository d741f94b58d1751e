// Says what is missing before photos travel over a slow line. The server says the same again.
const LARGEST = 20 * 1024 * 1024;

for (const form of document.querySelectorAll("[data-report-form]")) {
  const box = form.querySelector("[data-report-errors]");
  const line = form.querySelector("[data-report-error]");

  function problem() {
    const slots = [...form.querySelectorAll("[data-photo-slot]")];
    const inputs = slots.map((slot) => slot.querySelector("input[type=file]"));
    const large = inputs.find((input) => input.files[0]?.size > LARGEST);
    if (large) return [form.dataset.tooLarge, large];
    const filled = slots.some((slot, at) => inputs[at].files.length || slot.querySelector("img"));
    if (!filled) return [form.dataset.needPhoto, inputs[0]];
    const market = form.elements.market;
    if (market?.tagName === "SELECT" && !market.value) return [form.dataset.needMarket, market];
    if (!form.querySelector("[name=category]:checked")) {
      return [form.dataset.needType, form.querySelector("#types")];
    }
    return null;
  }

  // Before submit-once hears of it, so that a form which is not sent is not held.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-drop")) return;
    const found = problem();
    box.hidden = !found;
    if (!found) return;
    event.preventDefault();
    line.textContent = found[0];
    const place = found[1].closest(".report-part") ?? found[1];
    place.prepend(box);
    box.scrollIntoView({ block: "start" });
    found[1].focus({ preventScroll: true });
  });
}
