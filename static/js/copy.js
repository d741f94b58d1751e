// <button data-copy="text" data-copied-word="已复制" hidden>: copies, and says so.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.innerHTML;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copiedWord;
    setTimeout(() => {
      button.innerHTML = words;
    }, 2000);
  });
}
