// <div class="keypad" data-keypad-for="ID"> fills the input with that id. Its buttons carry
// data-key="0"…"9", "erase" or "clear"; data-keypad-submit sends the form when maxlength is reached.
function press(input, key) {
  const most = input.maxLength > 0 ? input.maxLength : Infinity;
  if (key === "clear") input.value = "";
  else if (key === "erase") input.value = input.value.slice(0, -1);
  else if (input.value.length < most) input.value += key;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  return input.value.length === most;
}

for (const pad of document.querySelectorAll("[data-keypad-for]")) {
  const input = document.getElementById(pad.dataset.keypadFor);
  if (!input) continue;
  // The tablet's own keyboard stays down; a real keyboard still types.
  input.inputMode = "none";
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key === undefined) return;
    const full = press(input, key);
    if (full && pad.hasAttribute("data-keypad-submit")) input.form.requestSubmit();
  });
}
