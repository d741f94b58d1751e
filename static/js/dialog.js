// <a href="#refuse" data-dialog="refuse"> opens <dialog id="refuse" class="dialog">; without this
// script the link leads to the same element as a section of the page. [data-close] closes it, and
// [data-open] on a dialog opens it at once (the server found something wrong in its form).
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog?.showModal) {
      event.preventDefault();
      if (!dialog.open) dialog.showModal();
    }
    return;
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  } else if (event.target.matches?.("dialog.dialog")) {
    // A click on the veil lands on the dialog itself, outside its box.
    const box = event.target.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right &&
      event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showModal());
