// The field for the member code: [data-kiosk-code] keeps to eight digits, [data-mask=ID] hides and
// shows them. A scanner that types a whole address and Enter is let through as it is.
for (const input of document.querySelectorAll("[data-kiosk-code]")) {
  input.classList.add("keypad__screen--masked");
  input.addEventListener("input", () => {
    if (/^\d{9,}$/.test(input.value)) input.value = input.value.slice(0, 8);
  });
}

for (const button of document.querySelectorAll("[data-mask]")) {
  const input = document.getElementById(button.dataset.mask);
  button.addEventListener("click", () => {
    const masked = input.classList.toggle("keypad__screen--masked");
    button.setAttribute("aria-pressed", String(masked));
    button.textContent = masked ? button.dataset.maskOn : button.dataset.maskOff;
  });
}
