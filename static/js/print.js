// <button data-print hidden>: prints the page; hidden where nothing can print.
for (const button of document.querySelectorAll("[data-print]")) {
  if (typeof print !== "function") continue;
  button.hidden = false;
  button.addEventListener("click", () => print());
}
