// Asks the phone where it is, only when the button is pressed, and only for this report.
for (const part of document.querySelectorAll("[data-position]")) {
  const form = part.closest("form");
  const [ask, words, remove] = ["ask", "words", "remove"].map((name) =>
    part.querySelector(`[data-position-${name}]`),
  );
  const fields = ["latitude", "longitude", "accuracy"].map((name) => form.elements[name]);
  const before = words.textContent;

  if (!("geolocation" in navigator)) part.hidden = true;

  function show(text, has) {
    words.textContent = text;
    ask.hidden = has;
    remove.hidden = !has;
  }

  if (fields[0].value) show(part.dataset.done, true);

  ask.addEventListener("click", () => {
    ask.disabled = true;
    words.textContent = part.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        ask.disabled = false;
        fields[0].value = coords.latitude;
        fields[1].value = coords.longitude;
        fields[2].value = coords.accuracy;
        show(part.dataset.done, true);
      },
      () => {
        ask.disabled = false;
        show(part.dataset.no, false);
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });

  remove.addEventListener("click", () => {
    for (const field of fields) field.value = "";
    show(before, false);
    ask.focus();
  });
}
