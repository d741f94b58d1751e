// A form is sent once: the second tap waits. <form data-busy-words="正在提交…"> words the wait;
// <form data-resubmit> opts out. The pressed button's name and value still travel.
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("data-resubmit") || event.defaultPrevented) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  const words = form.dataset.busyWords ?? document.documentElement.dataset.busyWords;
  // After this tick: a button disabled now would not be part of what is sent.
  setTimeout(() => {
    if (event.defaultPrevented) {
      sent.delete(form);
      return;
    }
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.setAttribute("aria-disabled", "true");
      if (button === event.submitter && words) {
        button.dataset.words = button.innerHTML;
        button.textContent = words;
        button.setAttribute("aria-busy", "true");
      }
    }
  });
});

export function release(form) {
  sent.delete(form);
  for (const button of form.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
    if (button.dataset.words) {
      button.innerHTML = button.dataset.words;
      delete button.dataset.words;
    }
  }
}

// Coming back with the back button shows the page as it was left: let it be sent again.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form").forEach(release);
});
// Another script (a draft that failed to send) may hand the form back.
document.addEventListener("submit-once:release", (event) => release(event.target));
